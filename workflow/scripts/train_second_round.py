"""Rule train_second_round: some universes of the second round, but those that its tables have."""

from neuroswitch import jobs, keeping, provenance, schemas, settings
from neuroswitch.gates.multiverse.second_round import train_second_round

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    first, last = map(int, snakemake.wildcards.chunk.split("-"))
    name = snakemake.wildcards.experiment
    known = keeping.kept(
        "second_round",
        config.gates,
        name,
        config.seed,
        snakemake.params.tables,
        snakemake.input,
    )
    schemas.write_all(
        train_second_round(
            config.gates,
            name,
            range(first, last + 1),
            schemas.read_together(snakemake.input),
            config.seed,
            snakemake.threads,
            known,
        ),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name),
            config.seed,
            snakemake.params.version,
            snakemake.threads,
            inputs=snakemake.input,
        ),
    )
