"""Which open choices decide the number that a claim is judged by."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold

from neuroswitch import declare, seeds
from neuroswitch.claims.outcomes import NOT_TESTABLE, place_of
from neuroswitch.gates.scope import choices
from neuroswitch.schemas.scope import DECIDING

TREES = 100
LEAF = 3
"""Fewest universes in a leaf of a tree."""

FOLDS = 5
PERMUTATIONS = 5
FEWEST_UNIVERSES = 50
"""Fewest universes from which a forest is grown."""

DECIDED = 0.1
"""A claim whose R^2 is below is not decided by these choices (ledger, A98)."""

Features = dict[str, Float[np.ndarray, "universes columns"]]
"""Choice -> its columns as numbers."""


@declare.analysis(
    "deciding",
    reads={
        "universes": "gates/multiverse/universes",
        "parts": "gates/multiverse/parts",
        "outcomes": "gates/multiverse/outcomes",
    },
    settings={"root_seed": "seed"},
    writes={"gates/multiverse/deciding": DECIDING},
    costly=True,
)
def deciding(
    universes: pd.DataFrame, parts: pd.DataFrame, outcomes: pd.DataFrame, root_seed: int
) -> pd.DataFrame:
    """Return how much each choice matters for each claim's number (ambiguity A98).

    A claim's number is that of the part which decides it in most universes: one quantity in all of
    them. Numbers are replaced by their ranks, so that infinite ones are the first or the last;
    universes without the number are left out. `importance` and `r2` are those of `importances`.
    Fewer than FEWEST_UNIVERSES universes, or one number in all, tell nothing: R^2 is then NaN.
    """
    chosen = choices.values(universes)
    tables = []
    for claim in sorted(outcomes["claim"].unique(), key=place_of):
        label, numbers = _numbers(claim, parts, outcomes)
        known = chosen.loc[numbers.index]
        r2, importance = np.nan, dict.fromkeys(choices.CHOICES, np.nan)
        if len(numbers) >= FEWEST_UNIVERSES and numbers.min() < numbers.max():
            rng = seeds.generator(root_seed, "deciding", claim)
            r2, importance = importances(encoded(known), rankdata(numbers), rng)
        tables.append(
            pd.DataFrame(
                {
                    "claim": claim,
                    "choice": list(importance),
                    "label": label,
                    "importance": list(importance.values()),
                    "total_effect": [each / 2 for each in importance.values()],
                    "r2": r2,
                    "universes": len(numbers),
                    "decided": r2 >= DECIDED,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _numbers(claim: str, parts: pd.DataFrame, outcomes: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return the part that decides a claim most often, and its numbers by universe."""
    own = outcomes[(outcomes["claim"] == claim) & (outcomes["outcome"] != NOT_TESTABLE)]
    if own.empty:
        return "", pd.Series(dtype=float)
    label = own["label"].mode().iloc[0]
    rows = parts[(parts["claim"] == claim) & (parts["label"] == label)]
    return label, rows.set_index("universe")["value"].dropna().sort_index()


def encoded(chosen: pd.DataFrame) -> Features:
    """Return choices as columns of numbers: logarithms, counts, or a column for each name.

    A scale that is not drawn stays NaN, which a tree sends to a side of its own.
    """
    return {name: _columns(chosen[name]) for name in choices.CHOICES}


def _columns(choice: pd.Series) -> np.ndarray:
    if choice.name in choices.CONTINUOUS:
        return np.log(choice.to_numpy(float))[:, None]
    if pd.api.types.is_numeric_dtype(choice):
        return choice.to_numpy(float)[:, None]
    return (choice.to_numpy()[:, None] == sorted(choice.unique())).astype(float)


def importances(
    features: Features, numbers: Float[np.ndarray, " universes"], rng: np.random.Generator
) -> tuple[float, dict[str, float]]:
    """Return R^2 of a random forest, and by how much it falls when each choice is permuted.

    Each fifth of the universes is predicted by a forest grown from the others, so that R^2 is of
    universes which the forest has not seen, and is below 0 where a constant predicts better. A
    choice is permuted among the held-out universes, all its columns together; one that is not
    drawn everywhere, among the universes where it is. For choices that are drawn independently,
    half of the fall estimates the total effect of the choice: the share of variance that it brings
    by itself and in every combination. The two learning rates are not independent, being equal in
    most universes: each can take a part of the other's effect.

    Source: Breiman, Machine Learning 45 (2001), for forests and permutation; Jansen, Comput. Phys.
    Commun. 117 (1999), for the total effect.
    """
    whole = np.hstack(list(features.values()))
    places = _places(features)
    folds = KFold(FOLDS, shuffle=True, random_state=_seed(rng))
    unseen = 0.0
    permuted = dict.fromkeys(features, 0.0)
    for seen, held in folds.split(whole):
        forest = RandomForestRegressor(
            TREES, min_samples_leaf=LEAF, n_jobs=1, random_state=_seed(rng)
        ).fit(whole[seen], numbers[seen])
        truth, inputs = numbers[held], whole[held]
        unseen += np.sum((truth - forest.predict(inputs)) ** 2)
        for name, columns in places.items():
            shuffled = np.vstack(list(_permuted(inputs, columns, rng)))
            errors = (np.tile(truth, PERMUTATIONS) - forest.predict(shuffled)) ** 2
            permuted[name] += np.sum(errors) / PERMUTATIONS
    total = np.sum((numbers - numbers.mean()) ** 2)
    return 1 - unseen / total, {name: (sum_ - unseen) / total for name, sum_ in permuted.items()}


def _places(features: Features) -> dict[str, slice]:
    """Return where the columns of each choice are when all stand side by side."""
    ends = np.cumsum([columns.shape[1] for columns in features.values()])
    starts = [0, *ends[:-1]]
    return {name: slice(*ends) for name, *ends in zip(features, starts, ends, strict=True)}


def _permuted(inputs: np.ndarray, columns: slice, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the inputs with some columns permuted together, among rows where they are known."""
    (drawn,) = np.nonzero(np.isfinite(inputs[:, columns]).all(axis=1))
    for _ in range(PERMUTATIONS):
        copy = inputs.copy()
        copy[drawn, columns] = inputs[rng.permutation(drawn), columns]
        yield copy


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
