"""Rule train_traced_gates: an experiment with every epoch kept, as planes and example runs."""

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.gates.experiment import trace_experiment

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    name = snakemake.wildcards.experiment
    schemas.write_all(
        trace_experiment(config.gates, name, config.seed, snakemake.threads),
        dict(snakemake.output.items()),
        provenance.of_training(
            config.gates.described(name), config.seed, snakemake.params.version, snakemake.threads
        ),
    )
