"""Rule map_neighbours: which gates separate, and how far from mapped networks switched ones end."""

from pathlib import Path

import pandas as pd

from neuroswitch import jobs, provenance, schemas
from neuroswitch.gates import neighbours

with jobs.reporting(snakemake.log[0]):
    mapped = pd.concat([schemas.read(path) for path in snakemake.input.mapped], ignore_index=True)
    switched = {Path(path).parent.name: schemas.read(path) for path in snakemake.input.switched}
    schemas.write_all(
        {
            "neighbour_votes": neighbours.neighbour_votes(schemas.read(snakemake.input.points)),
            "end_spacings": neighbours.end_spacings(mapped),
            "end_distances": neighbours.end_distances(
                switched, mapped, list(schemas.gates.CONDITION_KEY)
            ),
        },
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
