"""Rule write_manifest: the hash of the content of every table."""

from pathlib import Path

from neuroswitch import jobs, manifest, recipes

with jobs.reporting(snakemake.log[0]):
    made, _ = recipes.read(Path(snakemake.input.recipes))
    found = manifest.entries(recipes.by_output(made), snakemake.input.tables)
    manifest.write(Path(snakemake.output[0]), found)
