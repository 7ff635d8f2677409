"""Rules analyse_*: tables of tables, by the function that the recipe names."""

from neuroswitch import analysing, index, jobs, recipes

with jobs.reporting(snakemake.log[0]):
    index.extend(snakemake.config.get("extensions", []))
    analysing.analyse(recipes.from_plain(snakemake.params.recipe))
