"""Rule train_gates: one chunk of an experiment's runs, every condition."""

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.gates.experiment import train_experiment

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    schemas.write_all(
        train_experiment(
            config.gates,
            name,
            range(first, last + 1),
            config.seed,
            snakemake.threads,
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name), config.seed, snakemake.params.version, snakemake.threads
        ),
    )
