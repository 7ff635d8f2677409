"""Invented universes: choices by the priors of the multiverse, and results made from them.

Nothing is trained. It is known what decides what, so that analyses and the figure can be checked.
"""

import numpy as np
import pandas as pd

from neuroswitch.gates.multiverse.priors import Universe

FAMILIES = {
    "uniform": 0.3,
    "near_identity": 0.25,
    "gaussian": 0.15,
    "orthogonal": 0.1,
    "diagonal": 0.1,
    "per_layer": 0.1,
}
WIDTHS = {2: 0.25, 3: 0.15, 4: 0.25, 8: 0.25, 16: 0.1}
SHIFTS = [(0.0, "normal"), (0.1, "normal"), (0.5, "normal"), (1.0, "normal"), (1.0, "uniform")]
CONDITION = {"uniform": 400, "gaussian": 80, "orthogonal": 1}
RUNS = 40

SMALL = Universe(
    universe=3,
    family="near_identity",
    scale=0.5,
    shared_modulator=False,
    width=4,
    loss="mean_squared_error",
    batch="full",
    learning_rate=0.3,
    mapping_rate=0.7,
    budget="epochs_2500",
    period=5,
    initialisation="torch",
    shared_start=False,
    bias_shift=0.1,
    shift_distribution="normal",
)
"""A universe that trains in an instant."""

DECIDED_BY = {
    "S4": ("learning_rate", "family"),
    "S9": ("loss", "learning_rate"),
    "S13": ("family", "learning_rate"),
    "S16": ("width",),
    "S2": ("mapping_rate",),
}
"""Claim -> choices that make its number. S9 needs both at once: MSE and a high learning rate."""

NOISE = ("S1", "S3", "S5", "S6", "S7", "S8", "S10", "S11", "S12", "S14", "S15", "S19", "X1", "X5")
"""Claims whose numbers depend on nothing."""


def universes(number: int, seed: int = 0) -> pd.DataFrame:
    """Return the table `universes`."""
    rng = np.random.default_rng(seed)
    family = rng.choice(list(FAMILIES), number, p=list(FAMILIES.values()))
    scaled = np.isin(family, ["near_identity", "diagonal", "per_layer"])
    scale = np.where(scaled, 10 ** rng.uniform(np.log10(0.05), np.log10(2), number), 1.0)
    rate = 10 ** rng.uniform(-3, 0, number)
    shift = rng.integers(len(SHIFTS), size=number)
    fixed = np.array([CONDITION.get(name, 0.0) for name in family])
    table = pd.DataFrame(
        {
            "universe": np.arange(number),
            "family": family,
            "scale": scale,
            "shared_modulator": rng.random(number) < 0.5,
            "width": rng.choice(list(WIDTHS), number, p=list(WIDTHS.values())),
            "loss": np.where(rng.random(number) < 0.65, "cross_entropy", "mean_squared_error"),
            "batch": rng.choice(["full", "single", "ordered"], number),
            "learning_rate": rate,
            "mapping_rate": np.where(
                rng.random(number) < 0.7, rate, 10 ** rng.uniform(-3, 0, number)
            ),
            "budget": rng.choice(["cycles_500", "phases_500", "epochs_2500"], number),
            "period": rng.choice([10, 5], number, p=[0.7, 0.3]),
            "initialisation": rng.choice(
                ["torch", "normal", "glorot"], number, p=[0.7, 0.15, 0.15]
            ),
            "shared_start": rng.random(number) < 0.3,
            "bias_shift": [SHIFTS[each][0] for each in shift],
            "shift_distribution": [SHIFTS[each][1] for each in shift],
            "condition_number": np.where(scaled, 1 + 30 * scale, fixed),
        }
    )
    return table.assign(**_statistics(table, rng), runs=RUNS, run_epochs=10_000_000)


def _statistics(table: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    def rate(value: np.ndarray) -> np.ndarray:
        return rng.binomial(RUNS, np.clip(value, 0.01, 0.99)) / RUNS

    number = len(table)
    noise = rng.normal(size=(8, number))
    speed = np.log10(table["learning_rate"]).to_numpy() / 3 + 1
    close = table["family"].isin(["near_identity", "diagonal"]).to_numpy()
    relearns = (table["loss"] == "mean_squared_error").to_numpy() & (speed > 0.6)
    peak_3 = np.where(relearns, 0.13, 0.05) * np.exp(0.3 * noise[0])
    cycles = np.round(np.exp(4 - 3 * speed + 0.5 * noise[1])) + 1
    return {
        "and_or": rate(0.6 + 0.3 * close + 0.2 * speed),
        "and_xor": rate(0.2 * close + 0.4 * speed),
        "and_or_transpose": rate(0.8 + 0.2 * speed),
        "and_xor_transpose": rate(0.7 * speed),
        "xor_alone": rate(0.15 * table["width"].to_numpy()),
        "and_alone": rate(np.full(number, 0.97)),
        "or_alone": rate(np.full(number, 0.97)),
        "three_gates": rate(0.3 * speed),
        "zero_shot_and_or": rate(0.5 * speed),
        "peak_3": peak_3,
        "peak_30": peak_3 * np.where(relearns, 1.4, 0.9) * np.exp(0.2 * noise[2]),
        "peak_3_epochs": peak_3,
        "peak_30_epochs": peak_3,
        "drift_3": np.abs(0.1 * noise[3]),
        "drift_30": np.abs(0.1 * noise[4]),
        "first_3": np.where(speed < 0.1, np.inf, 3 * cycles),
        "first_10": cycles,
        "first_30": np.round(cycles / 3) + 1,
        "held_2500": rate(0.4 + 0.6 * speed),
        "xor_recall_pcs": rate(0.3 + 0.1 * noise[5]),
        "xor_recall_symmetry": rate(0.9 + 0.1 * noise[6]),
        "others_recall_pcs": rate(0.4 + 0.1 * noise[7]),
        "and_xor_long": np.full(number, np.nan),
    }


def parts(table: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Return the table `parts`: one part for each claim, with a number around 0.

    X2 is testable only where AND/XOR succeeds in 20 to 40 % of runs; S10 can be infinite.
    """
    rng = np.random.default_rng(seed)
    speed = np.log10(table["learning_rate"]).to_numpy() / 3 + 1
    mapping = np.log10(table["mapping_rate"]).to_numpy() / 3 + 1
    close = table["family"].isin(["near_identity", "diagonal"]).to_numpy()
    squared = (table["loss"] == "mean_squared_error").to_numpy()
    numbers = {
        "S4": speed + close - 0.8,
        "S9": np.where(squared & (speed > 0.6), 0.9, -0.5),
        "S13": 0.5 - np.abs(speed + 0.3 * close - 0.8),
        "S16": 4.5 - table["width"].to_numpy(),
        "S2": 1.5 * mapping - 1.2,
    }
    for place, claim in enumerate(NOISE):
        numbers[claim] = np.full(len(table), 0.9 - 0.12 * place)
    rows = []
    for claim, number in numbers.items():
        value = number + rng.normal(scale=0.4, size=len(table))
        rows.append(_part(table, claim, value))
    rows[list(numbers).index("S10")]["value"] *= np.where(rng.random(len(table)) < 0.1, np.inf, 1)
    some = table["and_xor"].between(0.2, 0.4).to_numpy()
    rows.append(_part(table, "X2", np.where(some, rng.normal(0.2, 0.4, len(table)), np.nan)))
    return pd.concat(rows, ignore_index=True)


def _part(table: pd.DataFrame, claim: str, value: np.ndarray) -> pd.DataFrame:
    judged = np.select(
        [np.isnan(value), value > 0.25, value < -0.25],
        ["not testable", "supported", "contradicted"],
        "inconclusive",
    )
    return pd.DataFrame(
        {
            "universe": table["universe"],
            "claim": claim,
            "label": f"number of {claim}",
            "value": value,
            "low": value - 0.25,
            "high": value + 0.25,
            "n": np.where(np.isnan(value), 0, RUNS),
            "p": np.where(judged == "inconclusive", 0.5, 0.01),
            "outcome": judged,
        }
    )


def outcomes(parts_: pd.DataFrame) -> pd.DataFrame:
    """Return the table `outcomes`, of claims that have one part."""
    return parts_.drop(columns=["low", "high"])
