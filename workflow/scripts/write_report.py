"""Rule write_report: the manifest, the page, the summary in Markdown, and an RO-Crate of it all."""

from pathlib import Path

from neuroswitch import footers, jobs, manifest, recipes, settings, store
from neuroswitch.provenance import ROOT
from neuroswitch.reporting import crate, facts, render

with jobs.reporting(snakemake.log[0]):
    page, summary, listed, description = map(
        Path, (snakemake.output[name] for name in ("page", "summary", "manifest", "crate"))
    )
    templates = ROOT / "workflow/report"
    listing = Path(snakemake.params.recipes)
    made, config = recipes.read(listing)
    tables = manifest.entries(recipes.by_output(made), recipes.tables(made))
    manifest.write(listed, tables)
    content = facts.gather(
        settings.validate(config),
        config,
        made,
        tables,
        ledger_path=ROOT / "config/ambiguities.yaml",
        records=ROOT / "config/costs.tsv",
        benchmarks=ROOT / "results/benchmarks/rnn.csv",
        first_round=ROOT / "results/first_round.csv",
        caption_folder=templates,
    )
    mark = footers.mark(snakemake.params.version, snakemake.input)
    store.write_text(page, f"{render.page(content, templates)}\n<!-- {mark} -->\n")
    store.write_text(summary, render.summary(content, templates))
    text = crate.describe(
        description.parent,
        snakemake.params.scale,
        made,
        tables,
        [listing, listed, page],
        mark,
    )
    store.write_text(description, text)
