"""Rule train_rnn: one chunk of an experiment's runs, every network."""

from pathlib import Path

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.rnn import devices
from neuroswitch.rnn.experiment import train_experiment

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    devices.prepare(config.rnn.device)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    version = snakemake.params.version
    schemas.write_all(
        train_experiment(
            config.rnn,
            name,
            range(first, last + 1),
            config.seed,
            snakemake.threads,
            Path(snakemake.params.checkpoint),
            version,
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.rnn.described(name),
            config.seed,
            version,
            snakemake.threads,
            devices.named(config.rnn.device),
        ),
    )
