"""Rule train_library: some runs of networks, and the modulators that are tried on them."""

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.gates.outlook.library import train_library

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    schemas.write_all(
        train_library(config.gates, name, range(first, last + 1), config.seed),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name), config.seed, snakemake.params.version, snakemake.threads
        ),
    )
