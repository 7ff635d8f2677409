"""Rule train_capacity: some cells of an experiment, each a method at a width and inputs."""

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.gates.outlook.capacity import train_capacity

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    schemas.write_all(
        train_capacity(config.gates, name, range(first, last + 1), config.seed),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name), config.seed, snakemake.params.version, snakemake.threads
        ),
    )
