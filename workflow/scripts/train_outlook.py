"""Rules train_capacity and train_library: some cells, or some runs, of an experiment."""

from neuroswitch import index, jobs, provenance, schemas, settings

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    train = index.get("training", snakemake.params.training).load()
    schemas.write_all(
        train(config.gates, name, range(first, last + 1), config.seed),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name), config.seed, snakemake.params.version, snakemake.threads
        ),
    )
