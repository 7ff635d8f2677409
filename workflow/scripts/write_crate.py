"""Rule write_crate: the results and how they were made, as an RO-Crate."""

from pathlib import Path

from neuroswitch import jobs, manifest, recipes, store
from neuroswitch.reporting import crate

with jobs.reporting(snakemake.log[0]):
    made, _ = recipes.read(Path(snakemake.input.recipes))
    text = crate.describe(
        Path(snakemake.output[0]).parent,
        snakemake.params.scale,
        made,
        list(manifest.read(Path(snakemake.input.manifest)).values()),
        [Path(path) for path in snakemake.input],
    )
    store.write_atomically(
        Path(snakemake.output[0]), lambda part: part.write_text(text, encoding="utf-8")
    )
