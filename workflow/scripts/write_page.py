"""Rule write_page: the report as one page, which anyone can make again and nobody tracks."""

from pathlib import Path

from neuroswitch import footers, jobs, store
from neuroswitch.provenance import ROOT
from neuroswitch.reporting import facts, render

with jobs.reporting(snakemake.log[0]):
    mark = footers.mark(snakemake.params.version, snakemake.input)
    content = facts.stored_at(Path(snakemake.params.recipes).parent, ROOT)
    page = render.page(content, ROOT / facts.TEXTS)
    store.write_text(Path(snakemake.output[0]), f"{page}\n<!-- {mark} -->\n")
