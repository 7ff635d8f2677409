"""Time every part beside its peers, print the tables and write them to results/benchmarks/."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from benchmarks import gates, mnist, rnn
from benchmarks.rnn_case import NETWORKS
from neuroswitch.errors import NeuroswitchError
from neuroswitch.store import write_atomically

FOLDER = Path("results/benchmarks")
COLUMNS = ["name", "runs", "threads", "ours_ms", "peer", "peer_ms", "ratio"]
PARTS = ("gates", "mnist", "rnn")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--task", choices=NETWORKS, action="append", help="of rnn; all")
    arguments = parser.parse_args()
    parts = arguments.parts or PARTS
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    rows: rnn.Rows = []
    if "gates" in parts:
        rows += gates.measure()
    if "mnist" in parts:
        rows += mnist.measure()
    if "rnn" in parts:
        found, floors = rnn.measure(arguments.task or list(NETWORKS))
        rows += found
        report(pd.DataFrame(floors), "floor.csv")
    report(pd.DataFrame(rows, columns=COLUMNS), "table.csv")


def report(table: pd.DataFrame, name: str) -> None:
    """Print a table and write it."""
    path = FOLDER / name
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    write_atomically(path, lambda part: table.to_csv(part, index=False, float_format="%.6g"))
    print(f"\nwritten to {path}\n")


if __name__ == "__main__":
    try:
        main()
    except NeuroswitchError as failure:
        sys.exit(f"error: {failure}")
