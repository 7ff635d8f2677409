"""Two drawings of a figure are the same bytes."""

import numpy as np
from matplotlib.figure import Figure

from neuroswitch.figures import style


def test_a_settled_figure_has_sizes_and_places_without_rounding():
    style.use()
    figure = Figure(figsize=(style.WIDTH, 3.3))
    parts = list(figure.subfigures(2, 1, height_ratios=(1.3, 1)))
    for part in parts:
        part.subplots(1, 3)[0].set_ylabel("a label that takes room")
    before = [axes.get_position().bounds for axes in figure.axes]
    style.settle(figure)
    assert np.all(figure.get_size_inches() % style.INCH == 0)
    for box in (*(p.bbox_relative for p in parts), *(a.get_position() for a in figure.axes)):
        assert np.all(np.array(box.bounds) % style.PLACE == 0)
    # Laid out, not merely rounded
    after = [axes.get_position().bounds for axes in figure.axes]
    assert np.abs(np.subtract(after, before)).max() > 0.01
    places = [axes.bbox.bounds for axes in figure.axes]
    figure.draw_without_rendering()
    assert [axes.bbox.bounds for axes in figure.axes] == places
