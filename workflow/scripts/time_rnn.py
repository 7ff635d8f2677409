"""Rule time_rnn: what a training step costs each network of an experiment."""

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.rnn.costs import step_times

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    name = snakemake.params.experiment
    schemas.write_all(
        {"rnn_step_times": step_times(config.rnn.experiment(name), config.seed)},
        dict(snakemake.output.items()),
        provenance.of_training(
            config.rnn.described(name), config.seed, snakemake.params.version, 1
        ),
    )
