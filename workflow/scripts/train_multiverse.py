"""Rules train_multiverse and train_second_round: some universes, but those that tables have."""

from neuroswitch import index, jobs, keeping, provenance, schemas, settings

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name, read = snakemake.wildcards.experiment, snakemake.input
    training, tables = snakemake.params.training, snakemake.params.tables
    # What the second round draws depends on a table.
    drawn_from = [schemas.read_together(read)] if read else []
    schemas.write_all(
        index.get("training", training).load()(
            config.gates,
            name,
            range(first, last + 1),
            *drawn_from,
            config.seed,
            snakemake.threads,
            keeping.kept(training, config.gates, name, config.seed, tables, read),
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name),
            config.seed,
            snakemake.params.version,
            snakemake.threads,
            inputs=read,
        ),
    )
