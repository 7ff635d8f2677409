"""Rule fetch_mnist: MNIST's four files from the first source that has them."""

import json
from pathlib import Path

from neuroswitch import footers, jobs, store
from neuroswitch.mnist import retrieval

with jobs.reporting(snakemake.log[0]):
    named, target = snakemake.params.folder, Path(snakemake.output[0])
    source = retrieval.fetch(
        target.parent, None if named is None else Path(named), snakemake.params.mirrors
    )
    about = {"source": source, "made_by": footers.mark(snakemake.params.version, [])}
    store.write_text(target, json.dumps(about, indent=1) + "\n")
