"""Rule judge: every claim by its own criterion, and again under every alternative trained."""

from pathlib import Path

from neuroswitch import jobs, ledger, provenance, schemas, store
from neuroswitch.claims import catalogue
from neuroswitch.claims.judge import judge
from neuroswitch.source import PACKAGE

# Not a parameter of the rule: the folder of a project makes no verdict stale.
CONFIG = PACKAGE.parents[1] / "config"

with jobs.reporting(snakemake.log[0]):
    tables = judge(
        Path(snakemake.output.verdicts).parents[1],
        catalogue.load(CONFIG / "claims.yaml"),
        ledger.load(CONFIG / "ambiguities.yaml"),
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
