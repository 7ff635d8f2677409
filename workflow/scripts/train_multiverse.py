"""Rule train_multiverse: some universes of a multiverse, but those that its tables have already."""

from neuroswitch import jobs, keeping, provenance, schemas, settings
from neuroswitch.gates.multiverse.experiment import train_multiverse

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    schemas.write_all(
        train_multiverse(
            config.gates,
            name,
            range(first, last + 1),
            config.seed,
            snakemake.threads,
            keeping.kept("multiverse", config.gates, name, config.seed, snakemake.params.tables),
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name), config.seed, snakemake.params.version, snakemake.threads
        ),
    )
