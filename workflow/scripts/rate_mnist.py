"""Rule rate_mnist: accuracy of every MNIST condition, with its interval over seeds."""

from pathlib import Path

from neuroswitch import jobs, provenance, schemas
from neuroswitch.mnist import accuracy

with jobs.reporting(snakemake.log[0]):
    runs = {Path(path).parent.name: schemas.read(path) for path in snakemake.input}
    table = accuracy.accuracies(runs, list(schemas.mnist.CONDITION_KEY), snakemake.params.root_seed)
    schemas.write_all(
        {"accuracy": table},
        dict(snakemake.output.items()),
        provenance.of_analysis(snakemake.input, snakemake.params.version),
    )
