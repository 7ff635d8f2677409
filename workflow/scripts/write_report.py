"""Rule write_report: the manifest, the summary in Markdown, and an RO-Crate of the results."""

from pathlib import Path

from neuroswitch import footers, jobs, manifest, recipes, store
from neuroswitch.provenance import ROOT
from neuroswitch.reporting import crate, facts, render

with jobs.reporting(snakemake.log[0]):
    summary, listed, description = map(
        Path, (snakemake.output[name] for name in ("summary", "manifest", "crate"))
    )
    listing = Path(snakemake.params.recipes)
    made, _ = recipes.read(listing)
    tables = manifest.entries(recipes.by_output(made), recipes.tables(made))
    manifest.write(listed, tables)
    content = facts.stored_at(listing.parent, ROOT)
    store.write_text(summary, render.summary(content, ROOT / facts.TEXTS))
    mark = footers.mark(snakemake.params.version, snakemake.input)
    text = crate.describe(
        description.parent, snakemake.params.scale, made, tables, [listing, listed], mark
    )
    store.write_text(description, text)
