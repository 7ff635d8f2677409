"""Rule evaluate_decay: rollouts of the linear NM-RNN against the closed form."""

from neuroswitch import jobs, provenance, schemas
from neuroswitch.rnn import evaluation, theory

with jobs.reporting(snakemake.log[0]):
    with evaluation.one_thread():
        tables = {"decay_errors": theory.decay_errors(snakemake.params.root_seed)}
    schemas.write_all(
        tables,
        dict(snakemake.output.items()),
        provenance.of_analysis([], snakemake.params.version),
    )
