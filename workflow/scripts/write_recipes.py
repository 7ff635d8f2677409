"""Rule write_recipes: how every file is made, as plain data."""

from pathlib import Path

from neuroswitch import jobs, recipes

with jobs.reporting(snakemake.log[0]):
    recipes.write(Path(snakemake.output[0]), snakemake.params.recipes, snakemake.config)
