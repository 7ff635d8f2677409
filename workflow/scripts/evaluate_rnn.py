"""Rules evaluate_*: the tables of one task's analysis, from its trained networks."""

from importlib import import_module
from pathlib import Path

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.rnn import evaluation

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    task = snakemake.params.task
    analysis = import_module(f"neuroswitch.rnn.analysis.{task}")
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
        tables = analysis.analyse(trained, snakemake.params.test_trials, config.seed)
    schemas.write_all(
        {name: schemas.rnn.with_columns(table, name) for name, table in tables.items()},
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
