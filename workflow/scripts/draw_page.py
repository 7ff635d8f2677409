"""Rule draw_figure2_interactive: tables in, one self-contained page out."""

from pathlib import Path

from neuroswitch import footers, jobs, schemas, store
from neuroswitch.figures import figure2_interactive

with jobs.reporting(snakemake.log[0]):
    tables = {name: schemas.read(path) for name, path in snakemake.input.items()}
    mark = footers.mark(snakemake.params.version, snakemake.input)
    page = figure2_interactive.page(tables, **snakemake.params.options)
    store.write_text(Path(snakemake.output[0]), f"{page}\n<!-- {mark} -->\n")
