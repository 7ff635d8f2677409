"""Invented verdicts, for tests of what shows them: every kind of row, and no truth."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuroswitch import store
from neuroswitch.claims.outcomes import OUTCOMES
from neuroswitch.numbers import quantity
from neuroswitch.reporting import facts
from neuroswitch.schemas.verdicts import SENSITIVITY, VERDICTS

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / facts.TEXTS

CLAIMS = (
    [f"S{number}" for number in range(1, 20)]
    + [f"N{number}" for number in range(1, 16)]
    + [f"X{number}" for number in range(1, 6)]
)
KINDS = tuple(OUTCOMES)
VARIANTS = {"N": ("as_published", "as_published:rank_4", "one_protocol")}
UNITS = ("%", "points", "epochs", "")
ALTERNATIVES = (
    ("A36", "A36-noiseless", "no network trained with noise"),
    ("A42", "A42-slow", "learning rate 0.001"),
    ("A47", "A47-leaky", "tau = 10 and 100"),
)
"""Of paper 2 alone: the choices that paper 1 leaves open are drawn together."""
FILES = {
    "S": "gates/pairs/success.parquet; gates/pairs/runs.parquet",
    "N": "rnn/measure_wait_go_one_protocol/timing_losses.parquet",
    "X": "gates/modulators/runs.parquet",
}


def verdicts() -> pd.DataFrame:
    """Return a table of verdicts with a claim, two parts and a number beside for every variant."""
    rows = []
    for position, claim in enumerate(CLAIMS):
        for shift, variant in enumerate(VARIANTS.get(claim[0], ("none",))):
            outcome = KINDS[(position + shift) % len(KINDS)]
            rows.append(_row(claim, variant, "claim", outcome, position))
            rows.append(_row(claim, variant, "part", outcome, position))
            if outcome != "not testable":
                other = _row(claim, variant, "part", "supported", position)
                rows.append(other | {"label": "share | of other runs"})
            rows.append(_row(claim, variant, "beside", "", position))
    return pd.DataFrame(rows)


def _row(claim: str, variant: str, role: str, outcome: str, position: int) -> dict[str, object]:
    tested = outcome != "not testable"
    value, unit = (position / 40 if tested else np.nan), UNITS[position % len(UNITS)]
    controlled = tested and role != "beside" and position % 3 == 0
    judged = outcome not in ("", "not testable", "typical", "occurs", "not found")
    return {
        "claim": claim,
        "variant": variant,
        "role": role,
        "label": "the same, zero-shot" if role == "beside" else "share of runs",
        "paper": {"S": 1, "N": 2, "X": 0}[claim[0]],
        "place": f"Fig {1 + position % 5}",
        "statement": f"an invented statement of claim {claim} that is longer than a line of a "
        "phone's width",
        "reported": "30 %" if position % 3 == 0 else "",
        "criterion": "the rate is above 50 % | and above that of untrained networks",
        "sentence": f"Of invented runs | {quantity(value, unit)} do what claim {claim} says."
        if tested and outcome
        else "",
        "unit": unit,
        "value": value,
        "low": value - 0.05,
        "high": value + 0.05,
        "interval": "wilson" if tested else "none",
        "n": 200 if tested else 0,
        "bound": "> 50 %" if tested and outcome else "",
        "null_control": "untrained networks" if controlled else "",
        "null_value": 0.25 if controlled else np.nan,
        "null_low": 0.2 if controlled else np.nan,
        "null_high": 0.3 if controlled else np.nan,
        "null_unit": unit if controlled else "",
        "p": 0.00001 * 4**position if judged and position < 8 else 0.031 if judged else np.nan,
        "p_adjusted": 0.093 if judged else np.nan,
        "outcome": outcome,
        "reason": ""
        if tested and outcome != "inconclusive"
        else "200 networks: too few to decide"
        if tested
        else "no row has tasks AND/NOR",
        "files": FILES[claim[0]],
        "columns": "tasks; solved",
    }


def sensitivity() -> pd.DataFrame:
    """Return a table of verdicts under alternatives, some of which flip."""
    primary = verdicts()
    primary = primary[(primary["role"] == "claim") & (primary["paper"] == 2)]
    kept = ("claim", "variant", "sentence", "unit", "value", "low", "high", "n", "files", "reason")
    rows = []
    for place, row in enumerate(primary.to_dict("records")):
        for which, (ambiguity, alternative, label) in enumerate(ALTERNATIVES):
            flips = (place + which) % 4 == 0
            outcome = KINDS[(place + 1) % len(KINDS)] if flips else row["outcome"]
            rows.append(
                {
                    **{key: row[key] for key in kept},
                    "ambiguity": ambiguity,
                    "alternative": alternative,
                    "label": label,
                    "outcome": outcome,
                    "primary_outcome": row["outcome"],
                    "flips": outcome not in (row["outcome"], "not testable"),
                }
            )
    return pd.DataFrame(rows)


FIRST_ROUND = """claim,variant,label,value,low,high,n,verdict
S1,none,ratio of spreads,0.48,0.437,0.527,100,reproduced
S2,none,share of XOR networks,-0.0617,,,400,not reproduced
N1,as_published,loss,0.001,0.0008,0.002,9,direction only
N11,as_published,loss over chance,0.9,0.8,1.0,10,reproduced
"""

FOOTER = {
    "version": "invented",
    "commit": None,
    "dirty": None,
    "packages": {"numpy": "2"},
    "processor": "none",
    "python": "3",
    "seed": 1,
}


def write(folder: Path) -> None:
    """Write both tables into a folder, and the verdicts of the first round beside it."""
    store.write(verdicts(), folder / "verdicts.parquet", VERDICTS, FOOTER)
    store.write(sensitivity(), folder / "sensitivity.parquet", SENSITIVITY, FOOTER)
    (folder / "first_round.csv").write_text(FIRST_ROUND, encoding="utf-8")
