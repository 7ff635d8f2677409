"""What Figures 2, 3 and 4 of the reconstructed setting say about it."""

import pandas as pd
from matplotlib.figure import Figure

from neuroswitch.figures import style

LOSSES = {"mean_squared_error": "squared error", "cross_entropy": "cross-entropy"}
BATCHES = {
    "full": "full batch",
    "single": "single patterns in random order",
    "ordered": "single patterns in one order",
}
LENGTHS = {"cycles_500": "500 cycles", "phases_500": "500 phases", "epochs_2500": "2,500 epochs"}
STARTS = {"torch": "PyTorch's start", "normal": "normal start", "glorot": "Glorot's start"}


def named(figure: Figure, setting: pd.DataFrame) -> Figure:
    """Write the setting below the panels of a figure, and return the figure.

    Parameters
    ----------
    setting : the choices of one universe, one row
    """
    figure.supxlabel(described(setting.iloc[0]), fontsize=6.5, color=style.INK)
    return figure


def described(setting: pd.Series) -> str:
    """Return the choices of a universe as two lines of text."""
    whose = "one for all runs" if setting["shared_modulator"] else "one for each run"
    shift = (
        f"v {setting['bias_shift']:g} times {setting['shift_distribution']} numbers"
        if setting["bias_shift"] > 0
        else "no v"
    )
    start = " (also of the mapping)" if setting["shared_start"] else ""
    return (
        f"Reconstructed setting: {setting['width']} hidden units, {LOSSES[setting['loss']]}, "
        f"{BATCHES[setting['batch']]}, {LENGTHS[setting['budget']]}, "
        f"{STARTS[setting['initialisation']]}{start};\n"
        f"period {setting['period']}, learning rate {setting['learning_rate']:.2g} (of the mapping "
        f"{setting['mapping_rate']:.2g}); M "
        f"{style.family_label(setting['family'], round(setting['scale'], 3))}, {whose}, {shift}."
    )
