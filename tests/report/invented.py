"""Invented verdicts, for tests of what shows them: every kind of row, and no truth."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuroswitch import store
from neuroswitch.schemas.verdicts import SENSITIVITY, VERDICTS

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "workflow/report"

CLAIMS = (
    [f"S{number}" for number in range(1, 20)]
    + [f"N{number}" for number in range(1, 16)]
    + [f"X{number}" for number in range(1, 5)]
)
KINDS = ("reproduced", "direction only", "calibrated", "not reproduced", "not testable")
ALTERNATIVES = (
    ("A1", "A1-width-4", "width 4"),
    ("A1", "A1-width-16", "width 16"),
    ("A2", "A2-cross-entropy", "cross-entropy, pattern by pattern"),
    ("A19", "A19-period-100", "period 100"),
    ("A44", "A44-undivided", "recurrence without 1/N"),
)
FILES = {
    "S": "gates/pairs/success.parquet; gates/pairs/runs.parquet",
    "N": "rnn/measure_wait_go_one_protocol/timing_losses.parquet",
    "X": "gates/modulators/runs.parquet",
}


def verdicts() -> pd.DataFrame:
    """Return a table of verdicts with one row or more for every claim."""
    rows = []
    for position, claim in enumerate(CLAIMS):
        variants = ("as_published", "corrected") if claim[0] == "N" else ("none",)
        for shift, variant in enumerate(variants):
            verdict = KINDS[(position + shift) % len(KINDS)]
            rows.append(_row(claim, variant, "judged", verdict, position))
            rows.append(_row(claim, variant, "beside", "", position))
    return pd.DataFrame(rows)


def _row(claim: str, variant: str, role: str, verdict: str, position: int) -> dict[str, object]:
    tested = verdict != "not testable"
    value = position / 40 if tested else np.nan
    return {
        "claim": claim,
        "variant": variant,
        "role": role,
        "label": "share of runs" if role == "judged" else "the same, zero-shot",
        "paper": {"S": 1, "N": 2, "X": 0}[claim[0]],
        "place": f"Fig {1 + position % 5}",
        "statement": f"an invented statement of claim {claim} that is longer than a line of a "
        "phone's width",
        "reported": "30 %" if position % 3 == 0 else "",
        "value": value,
        "low": value - 0.05,
        "high": value + 0.05,
        "interval": "wilson" if tested else "none",
        "null": 0.5,
        "n": 200 if tested else 0,
        "criterion": "the rate is above 0.5 | and its interval excludes it",
        "verdict": verdict,
        "reason": "invented" if tested else "the tables do not hold it",
        "files": FILES[claim[0]],
        "columns": "rate; runs",
    }


def sensitivity() -> pd.DataFrame:
    """Return a table of verdicts under alternatives, some of which flip."""
    primary = verdicts()
    primary = primary[primary["role"] == "judged"]
    rows = []
    for place, row in enumerate(primary.to_dict("records")):
        for which, (ambiguity, alternative, label) in enumerate(ALTERNATIVES):
            if (row["claim"][0] == "N") != (ambiguity == "A44"):
                continue
            flips = (place + which) % 4 == 0
            verdict = KINDS[(place + 1) % 4] if flips else row["verdict"]
            rows.append(
                {
                    **{key: row[key] for key in ("claim", "variant", "value", "low", "high", "n")},
                    "ambiguity": ambiguity,
                    "alternative": alternative,
                    "label": label,
                    "verdict": verdict,
                    "primary_verdict": row["verdict"],
                    "flips": verdict != row["verdict"],
                    "files": row["files"],
                }
            )
    return pd.DataFrame(rows)


FOOTER = {
    "version": "invented",
    "commit": None,
    "dirty": None,
    "packages": {"numpy": "2"},
    "processor": "none",
    "python": "3",
}


def write(folder: Path) -> None:
    """Write both tables into a folder."""
    store.write(verdicts(), folder / "verdicts.parquet", VERDICTS, FOOTER)
    store.write(sensitivity(), folder / "sensitivity.parquet", SENSITIVITY, FOOTER)
