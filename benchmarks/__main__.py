"""Time every part beside its peers, print the tables and write them to results/benchmarks/."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from benchmarks import gates, mnist, rnn
from benchmarks.rnn_case import NETWORKS
from neuroswitch import provenance
from neuroswitch.errors import NeuroswitchError
from neuroswitch.store import write_atomically

FOLDER = Path("results/benchmarks")
PARTS = ("gates", "mnist", "rnn")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--experiment", choices=NETWORKS, action="append", help="of rnn; all")
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if "gates" in parts:
        report(gates.measure(), "gates.csv")
    if "mnist" in parts:
        report(mnist.measure(), "mnist.csv")
    if "rnn" in parts:
        rows, floors = rnn.measure(arguments.experiment or list(NETWORKS))
        report(rows, "rnn.csv")
        report(floors, "floor.csv")


def report(rows: list[dict[str, object]], name: str) -> None:
    """Print a table and write it, each row with the machine and the commit that it was timed at."""
    about = {"machine": provenance.machine(), "software": provenance.version_of_software()}
    table = pd.DataFrame(rows).assign(**about)
    path = FOLDER / name
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    write_atomically(path, lambda part: table.to_csv(part, index=False, float_format="%.6g"))
    print(f"\nwritten to {path}\n")


if __name__ == "__main__":
    try:
        main()
    except NeuroswitchError as failure:
        sys.exit(f"error: {failure}")
