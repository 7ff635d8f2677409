"""Rule write_report: the page, and the summary in Markdown."""

from pathlib import Path

from neuroswitch import jobs, recipes, settings, store
from neuroswitch.reporting import facts, render

with jobs.reporting(snakemake.log[0]):
    templates = Path(snakemake.params.templates)
    made, config = recipes.read(Path(snakemake.input.recipes))
    content = facts.gather(
        settings.validate(config),
        config,
        made,
        {name: snakemake.input[name] for name in ("verdicts", "sensitivity")},
        snakemake.input.manifest,
        ledger_path=Path(snakemake.params.ledger),
        records=Path(snakemake.params.records),
        benchmarks=Path(snakemake.params.benchmarks),
        caption_folder=templates,
    )
    for path, text in (
        (snakemake.output.page, render.page(content, templates)),
        (snakemake.output.summary, render.summary(content, templates)),
    ):
        store.write_atomically(
            Path(path), lambda part, text=text: part.write_text(text, encoding="utf-8")
        )
