"""Rule train_mnist_multiverse: some universes of MNIST, but those that its tables have already."""

from pathlib import Path

from neuroswitch import jobs, keeping, provenance, schemas, settings
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.multiverse.experiment import train_multiverse

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    version = snakemake.params.version
    folder = Path(snakemake.input[0]).parent if snakemake.input else Path(config.mnist.folder or "")
    checkpoint = Checkpoint(Path(snakemake.params.checkpoint), version)
    schemas.write_all(
        train_multiverse(
            config.mnist,
            name,
            range(first, last + 1),
            config.seed,
            folder,
            checkpoint,
            keeping.kept(
                "mnist_multiverse", config.mnist, name, config.seed, snakemake.params.tables
            ),
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.mnist.described(name), config.seed, version, snakemake.threads
        ),
    )
