"""Rule rate_swept_gates: success rates of every condition of the sweeps."""

from pathlib import Path

from neuroswitch import jobs, provenance, schemas
from neuroswitch.gates import rates

with jobs.reporting(snakemake.log[0]):
    outcomes = {Path(path).parent.name: schemas.read(path) for path in snakemake.input}
    schemas.write_all(
        {"sweep": rates.success_rates(outcomes, list(schemas.gates.CONDITION_KEY))},
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
