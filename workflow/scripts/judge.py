"""Rule judge: every claim by its own criterion, and again under every alternative trained."""

from pathlib import Path

from neuroswitch import jobs, ledger, provenance, schemas, store
from neuroswitch.claims import catalogue
from neuroswitch.claims.judging import judge
from neuroswitch.provenance import ROOT

with jobs.reporting(snakemake.log[0]):
    tables = judge(
        Path(snakemake.output.verdicts).parents[1],
        catalogue.load(ROOT / "config/claims.yaml"),
        ledger.load(ROOT / "config/ambiguities.yaml"),
        snakemake.params.root_seed,
    )
    paths = {name: snakemake.output[name] for name in tables}
    schemas.write_all(
        tables, paths, provenance.of_analysis(snakemake.input, snakemake.params.version)
    )
    stored = schemas.read(paths["verdicts"])
    store.write_atomically(
        Path(snakemake.output.text), lambda part: stored.to_csv(part, index=False)
    )
