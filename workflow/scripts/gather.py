"""Rules gather_*: the chunks of an experiment as one table of each kind."""

import shutil
from pathlib import Path

import pandas as pd

from neuroswitch import jobs, provenance, schemas, store

with jobs.reporting(snakemake.log[0]):
    paths = dict(snakemake.output.items())
    chunks = [Path(path) for path in snakemake.input]
    schemas.write_all(
        {
            name: pd.concat(
                [schemas.read(path) for path in chunks if path.stem == name], ignore_index=True
            )
            for name in paths
        },
        paths,
        provenance.of_parts([store.provenance_of(path) for path in chunks]),
    )
    # Not by the job that wrote it: killed after its last line, before Snakemake knows that it has
    # ended, it would have lost its tables and its checkpoint.
    for checkpoint in {found for path in chunks for found in path.parent.glob("checkpoint*")}:
        shutil.rmtree(checkpoint) if checkpoint.is_dir() else checkpoint.unlink()
