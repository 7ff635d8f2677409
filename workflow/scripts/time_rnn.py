"""Rule time_rnn: what a step of training costs each recurrent network."""

from neuroswitch import jobs, provenance, schemas, settings
from neuroswitch.rnn import cost

with jobs.reporting(snakemake.log[0]):
    config = settings.validate(snakemake.config)
    schemas.write_all(
        {"step_times": cost.step_times(config.rnn, config.seed)},
        dict(snakemake.output.items()),
        provenance.of_analysis([], snakemake.params.version),
    )
