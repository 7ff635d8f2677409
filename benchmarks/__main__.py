"""Time every part beside its peers, print the tables and write them to results/benchmarks/.

Every comparison is measured with each width of vectors that the processor has (AVX-512, and AVX2
again on the same machine), with all sides held to it.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from benchmarks import gates, mnist, rnn
from benchmarks.schedule import measured
from benchmarks.timing import Rows
from neuroswitch import provenance
from neuroswitch.errors import NeuroswitchError
from neuroswitch.store import write_atomically

FOLDER = Path("results/benchmarks")
PARTS = {"gates": gates, "mnist": mnist, "rnn": rnn}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument(
        "--only",
        metavar="TEXT",
        default="",
        help="time comparisons with this in their names, and write nothing",
    )
    arguments = parser.parse_args()
    parts = arguments.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    every = [job for part in parts for job in PARTS[part].jobs()]
    jobs = [job for job in every if arguments.only in job.label]
    if not jobs:
        names = "\n  ".join(job.label for job in every)
        parser.error(f"no comparison has {arguments.only!r} in its name; there are\n  {names}")
    if find_spec("jax") is None:
        raise NeuroswitchError(
            "JAX is not installed, which training is timed beside: run `make benchmark`, or "
            "pip install -c envs/lock.txt -r benchmarks/requirements.txt"
        )
    tables = measured(jobs)
    for name, rows in tables.items():
        table = described(rows)
        print(f"\n{name}\n{table.to_string(index=False, float_format='{:.4g}'.format)}")
        if not arguments.only:
            write(table, FOLDER / f"{name}.csv")


def described(rows: Rows) -> pd.DataFrame:
    """Return a table, each row with the machine and the commit that it was timed at."""
    about = {"machine": provenance.machine(), "software": provenance.version_of_software()}
    return pd.DataFrame(rows).assign(**about)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table, with six digits."""
    write_atomically(path, lambda part: table.to_csv(part, index=False, float_format="%.6g"))
    print(f"written to {path}")


if __name__ == "__main__":
    try:
        main()
    except NeuroswitchError as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit("interrupted: nothing was written")
