"""Rules draw_*: tables in, a figure out in every format."""

from importlib import import_module

from neuroswitch import footers, jobs, schemas
from neuroswitch.figures import style

with jobs.reporting(snakemake.log[0]):
    module = import_module(f"neuroswitch.{snakemake.params.module}")
    tables = {name: schemas.read(path) for name, path in snakemake.input.items()}
    mark = footers.mark(snakemake.params.version, snakemake.input)
    style.save(module.draw(tables, **snakemake.params.options), snakemake.output, mark)
