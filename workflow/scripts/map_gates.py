"""Rule map_gates: principal components, coordinates and distances of the mapped networks."""

from neuroswitch import jobs, provenance, schemas
from neuroswitch.gates import geometry

with jobs.reporting(snakemake.log[0]):
    schemas.write_all(
        geometry.map_networks([schemas.read(path) for path in snakemake.input]),
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
