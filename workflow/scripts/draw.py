"""Rules draw_*: tables in, one figure out, in each format that the rule names."""

from importlib import import_module

from neuroswitch import jobs, schemas
from neuroswitch.figures import style

with jobs.reporting(snakemake.log[0]):
    module = import_module(f"neuroswitch.figures.{snakemake.params.figure}")
    tables = {name: schemas.read(path) for name, path in snakemake.input.items()}
    style.save(module.draw(tables, **snakemake.params.options), snakemake.output)
