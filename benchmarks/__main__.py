"""Time every part beside its peer, print the table and write it to results/benchmarks/."""

from pathlib import Path

import pandas as pd

from benchmarks import gates, mnist
from neuroswitch.store import write_atomically

TABLE = Path("results/benchmarks/table.csv")
COLUMNS = ["name", "runs", "threads", "ours_ms", "peer", "peer_ms", "ratio"]

if __name__ == "__main__":
    table = pd.DataFrame([*gates.measure(), *mnist.measure()], columns=COLUMNS)
    write_atomically(TABLE, lambda part: table.to_csv(part, index=False, float_format="%.6g"))
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    print(f"\nwritten to {TABLE}")
