"""Rule write_recipes: how every file is made, as plain data."""

from pathlib import Path

from neuroswitch import footers, jobs, recipes, store

with jobs.reporting(snakemake.log[0]):
    mark = footers.mark(snakemake.params.version, [])
    made = map(recipes.from_plain, snakemake.params.recipes)
    text = recipes.as_text(made, snakemake.config, mark)
    store.write_text(Path(snakemake.output[0]), text)
