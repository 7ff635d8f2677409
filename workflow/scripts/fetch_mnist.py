"""Rule fetch_mnist: MNIST's four files from the first source that has them."""

from pathlib import Path

from neuroswitch import jobs
from neuroswitch.mnist import retrieval

with jobs.reporting(snakemake.log[0]):
    folder = snakemake.params.folder
    retrieval.fetch(
        Path(snakemake.output[0]).parent,
        None if folder is None else Path(folder),
        snakemake.params.mirrors,
    )
