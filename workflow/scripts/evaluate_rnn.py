"""Rules evaluate_*: the tables of one task's analysis, from its trained networks."""

from importlib import import_module
from pathlib import Path

import pandas as pd

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.rnn import evaluation


def with_columns(table, schema):
    """Return a table; one without rows, where every network diverged, gets its columns."""
    return table if len(table) else pd.DataFrame(columns=[c.name for c in schema.columns])


with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    analysis = import_module(f"neuroswitch.{snakemake.params.module}")
    folders = sorted({Path(path).parent for path in snakemake.input})
    trained = [
        network
        for folder in folders
        for network in evaluation.networks(
            config.rnn.experiment(folder.name),
            schemas.read(folder / "runs.parquet"),
            schemas.read(folder / "parameters.parquet"),
        )
    ]
    with evaluation.one_thread():
        tables = analysis.analyse(trained, snakemake.params.test_trials, snakemake.params.root_seed)
    schemas.write_all(
        {name: with_columns(table, schemas.rnn.OF_FILE[name]) for name, table in tables.items()},
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
