"""Rules train_mnist, train_mnist_multiverse and train_sequences: some runs, or some universes."""

from pathlib import Path

from neuroswitch import index, jobs, keeping, provenance, schemas, settings
from neuroswitch.mnist.checkpoint import Checkpoint

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    version = snakemake.params.version
    folder = Path(snakemake.input[0]).parent if snakemake.input else Path(config.mnist.folder or "")
    checkpoint = Checkpoint(Path(f"{snakemake.params.checkpoint}.npz"), version)
    training, tables = snakemake.params.training, snakemake.params.tables
    train = index.get("training", training).load()
    # A multiverse does not train again the universes that its tables have.
    multiverse = name in config.mnist.multiverses
    kept = [keeping.kept(training, config.mnist, name, config.seed, tables)] if multiverse else []
    schemas.write_all(
        train(
            config.mnist,
            name,
            range(first, last + 1),
            config.seed,
            folder,
            checkpoint,
            *kept,
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.mnist.described(name), config.seed, version, snakemake.threads
        ),
    )
