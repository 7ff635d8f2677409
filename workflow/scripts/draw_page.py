"""Rule draw_figure2_interactive: tables in, one self-contained page out."""

from pathlib import Path

from neuroswitch import jobs, schemas, store
from neuroswitch.figures import figure2_interactive

with jobs.reporting(snakemake.log[0]):
    tables = {name: schemas.read(path) for name, path in snakemake.input.items()}
    page = figure2_interactive.page(tables, **snakemake.params.options)
    store.write_atomically(
        Path(snakemake.output[0]), lambda part: part.write_text(page, encoding="utf-8")
    )
