"""Rule train_confirmation: the reconstructed setting, unless its tables are of that setting."""

from neuroswitch import jobs, keeping, provenance, schemas, settings
from neuroswitch.gates.multiverse.confirmation import confirm

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    name = snakemake.wildcards.experiment
    tables = dict(snakemake.output.items())
    known = keeping.kept("confirmation", config.gates, name, config.seed, tables, snakemake.input)
    schemas.write_all(
        known
        or confirm(
            config.gates,
            name,
            schemas.read_together(snakemake.input),
            config.seed,
            snakemake.threads,
        ),
        tables,
        provenance.of_training(
            config.gates.described(name),
            config.seed,
            snakemake.params.version,
            snakemake.threads,
            inputs=snakemake.input,
        ),
    )
