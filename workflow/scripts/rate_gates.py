"""Rule rate_gates: success rates of every switched experiment, and against cycles."""

from pathlib import Path

from neuroswitch import jobs, provenance, schemas
from neuroswitch.gates import rates


def tables(paths):
    """Read tables by the name of their experiment, which is that of their folder."""
    return {Path(path).parent.name: schemas.read(path) for path in paths}


with jobs.reporting(snakemake.log[0]):
    condition = list(schemas.gates.CONDITION_KEY)
    schemas.write_all(
        {
            "success": rates.success_rates(tables(snakemake.input.runs), condition),
            "success_against_cycles": rates.success_against_cycles(
                tables(snakemake.input.history), condition
            ),
        },
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
