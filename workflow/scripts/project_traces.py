"""Rule project_traces: the example paths on the components of the mapped two-layer networks."""

import pandas as pd

from neuroswitch import jobs, provenance, schemas
from neuroswitch.gates import geometry

with jobs.reporting(snakemake.log[0]):
    components = schemas.read(snakemake.input.components)
    mapped = components[
        (components["layers"] == 2)
        & (components["learning_rate"] == snakemake.params.learning_rate)
    ]
    paths = [schemas.read(path) for path in snakemake.input.paths]
    projected = geometry.project_path(pd.concat(paths, ignore_index=True), mapped)
    schemas.write_all(
        {"trajectory": projected},
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
