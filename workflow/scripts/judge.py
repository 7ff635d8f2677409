"""Rule judge: every claim by its own criterion, and again under every alternative trained."""

from neuroswitch import index, jobs, recipes
from neuroswitch.claims import verdicts

with jobs.reporting(snakemake.log[0]):
    index.extend(snakemake.config.get("extensions", []))
    verdicts.make(recipes.from_plain(snakemake.params.recipe))
