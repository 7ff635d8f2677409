"""Rules draw_*: a figure of tables, by the function that the recipe names."""

from neuroswitch import index, jobs, recipes
from neuroswitch.figures import drawing

with jobs.reporting(snakemake.log[0]):
    index.extend(snakemake.config.get("extensions", []))
    drawing.draw(recipes.from_plain(snakemake.params.recipe))
