"""Questions that paper 1 leaves to the future: a function each. They are judged as a group."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.parts import Part, beside, control, judged
from neuroswitch.claims.samples import by_run, cycles_until, select
from neuroswitch.claims.statistics import Estimate, Untestable, above, below
from neuroswitch.gates.outlook.chances import FRESH, chances_of_runs, of_others
from neuroswitch.gates.outlook.depth import at_chosen_rate
from neuroswitch.gates.outlook.summary import sizes_at_half, solved_by_width

GATES = ("AND", "OR", "XOR", "NOR")
LIBRARY = "library_orthogonal"
"""The method that O1 and O5 compare with others: an M and v for each task, M orthogonal."""

NEVER = 1e9
"""Numbers of a network that is larger than all that were tried: ratios of sizes stay numbers."""


@declare.claim(
    "O1",
    paper=3,
    place="paper 1, section 5",
    statement="With a library of orthogonal transformations one network holds more functions "
    "than with near-identity ones, with powers of one, with superposition, or with extra inputs",
    reported="none",
    criterion="the largest number of Boolean functions of three inputs that a network holds is "
    "larger with the library than with each of the four others: the ratio of the two numbers in "
    "networks of the same run, as a geometric mean over widths, has a median over runs above 1. "
    "Networks with extra inputs have equally many trained parameters",
    reads={"largest": "gates/capacity/largest", "growth": "gates/capacity/growth"},
)
def library_of_orthogonal_transformations_holds_most(
    largest: pd.DataFrame, growth: pd.DataFrame
) -> Iterator[Part]:
    for other, words in (
        ("library_near_identity", "near-identity ones"),
        ("powers_orthogonal", "powers of one orthogonal transformation"),
        ("superposition", "superposition"),
        ("matched_extra_input", "extra inputs at equal parameters"),
    ):
        yield judged(
            f"orthogonal library over {words}",
            statistics.median(_ratio(largest, 3, LIBRARY, other), above(1)),
            f"An orthogonal library holds {{value}} times as many functions as {words}.",
        )
    for one, other, words in (
        (
            "library_near_identity_transpose",
            "library_near_identity",
            "near-identity, M^T over M^-1",
        ),
        (LIBRARY, "gated_units", "orthogonal library over gated units"),
        (LIBRARY, "scaled_units", "orthogonal library over scaled units"),
        (LIBRARY, "extra_input", "orthogonal library over extra inputs at equal width"),
    ):
        yield beside(words, statistics.median(_ratio(largest, 3, one, other), above(1)))
    for method in (LIBRARY, "matched_extra_input"):
        rows = growth[(growth["inputs"] == 3) & (growth["method"] == method)]
        for row in rows.to_dict("records"):
            yield beside(
                f"growth with parameters, {method.replace('_', ' ')}",
                Estimate(
                    row["slope"],
                    row["low"],
                    row["high"],
                    "bootstrap",
                    row["runs"],
                    above(np.nan),
                    np.nan,
                    np.nan,
                ),
            )


@declare.claim(
    "O2",
    paper=3,
    place="paper 1, section 5",
    statement="A small library of orthogonal transformations holds one that turns a network for "
    "one gate into a network for another, without training",
    reported="none",
    criterion="with {size:.0f} orthogonal transformations the chance is above {half:.0%} for each "
    "wanted gate, mean over networks of {width:.0f} units trained on the other three; null: as "
    "many networks drawn anew",
    thresholds={"size": 100, "half": 0.5, "width": 8},
    reads={"hits": "gates/library/hits"},
)
def small_library_switches_without_training(
    hits: pd.DataFrame, size: float, half: float, width: float, rng: np.random.Generator
) -> Iterator[Part]:
    own = select(hits, width=width)
    sizes = np.array([min(int(size), own["candidates"].min())])

    def shares(family: str, column: str, gate: str) -> pd.Series:
        rows = select(own, family=family, wanted=gate)
        return chances_of_runs(of_others(rows), column, sizes).squeeze("columns")

    for gate in GATES:
        library = shares("orthogonal", "hits", gate)
        null = shares(FRESH, "hits", gate).reindex(library.index)
        yield judged(
            f"{gate} wanted",
            _mean(library, half, rng),
            f"In {{value}} of libraries one transformation gives {gate} (networks drawn anew: "
            "{null}).",
            "%",
            control("networks drawn anew", _mean(null, half, rng), _mean(library - null, 0, rng)),
        )
    for family in sorted(set(own["family"]) - {FRESH}):
        for column, when in (("hits", "at once"), ("hits_after", "after one period")):
            every = pd.concat([shares(family, column, gate) for gate in GATES], axis=1).mean(axis=1)
            words = family.replace("_", " ")
            yield beside(f"any gate, {words}, {when}", _mean(every, half, rng), "%")


@declare.claim(
    "O4",
    paper=3,
    place="paper 1, section 2",
    statement="The way from f to f' is not like the way from an AND network to an OR network",
    reported="a random transformation would not be expected to land in this distribution",
    criterion="in less than {half:.0%} of successful AND/OR runs both length and angle of the way "
    "are within the central 95 % of those of networks trained alone; by all parameters and modulo "
    "symmetry",
    thresholds={"half": 0.5},
    reads={"displacements": "gates/pairs/displacements"},
)
def transformation_is_no_way_between_gates(
    displacements: pd.DataFrame, half: float
) -> Iterator[Part]:
    for coordinates, words in (("raw", "by all parameters"), ("symmetry", "modulo symmetry")):
        own = select(displacements, coordinates=coordinates)
        yield judged(
            words,
            statistics.rate(select(own, what="switched")["inside"], below(half)),
            f"In {{value}} of switched networks the way from f to f' is like that from AND to OR, "
            f"{words}.",
            "%",
        )
        yield beside(
            f"AND networks trained alone and transformed, {words}",
            statistics.rate(select(own, what="random")["inside"], below(half)),
            "%",
        )


@declare.claim(
    "O5",
    paper=3,
    place="paper 1, section 5",
    statement="A switched network stores functions in fewer numbers than a network for each, or "
    "than one with extra inputs, and is not much more sensitive to noise",
    reported="switching compresses an AND network and an OR network into a single network",
    criterion="half of the switched networks hold {tasks:.0f} functions of three inputs with fewer "
    "trained parameters than each of the two others need (the ratio is below 1; M is not counted, "
    "because its seed is enough). And when noise of {noise:.0%} is added to the parameters of "
    "networks of {width:.0f} units, the share of copies with all functions right is not lower by "
    "{margin:.0%} of copies or more than with extra inputs",
    thresholds={"tasks": 4, "noise": 0.1, "width": 16, "margin": 0.1},
    reads={
        "largest": "gates/capacity/largest",
        "sizes": "gates/capacity/sizes",
        "noise_table": "gates/capacity/noise",
    },
)
def switched_network_compresses(
    largest: pd.DataFrame,
    sizes: pd.DataFrame,
    noise_table: pd.DataFrame,
    tasks: float,
    noise: float,
    width: float,
    margin: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    for other, words in (
        ("separate", "a network for each function"),
        ("extra_input", "one network with extra inputs"),
    ):
        yield judged(
            f"parameters over those of {words}",
            _size_ratio(largest, sizes, (LIBRARY, other), int(tasks), ["parameters"], rng),
            f"The switched network needs {{value}} times the parameters of {words}.",
        )
        yield beside(
            f"the same, every M and v counted, {words}",
            _size_ratio(
                largest, sizes, (LIBRARY, other), int(tasks), ["parameters", "fixed_numbers"], rng
            ),
        )
    solved = select(noise_table, inputs=3, noise=noise)
    for other in ("extra_input", "separate"):
        pairs = pd.concat(
            {
                method: by_run(select(solved, method=method, width=width), "right_share")
                for method in (LIBRARY, other)
            },
            axis=1,
            join="inner",
        )
        difference = statistics.bootstrap(
            [[pairs[LIBRARY] - pairs[other]]], _mean_of, above(-margin), rng
        )
        words = f"noise of {100 * noise:.0f} %, switched minus {other.replace('_', ' ')}"
        yield (
            judged(
                words,
                difference,
                "Under noise the share of copies with all functions right differs by {value} from "
                "that with extra inputs.",
                "points",
            )
            if other == "extra_input"
            else beside(words, difference, "points")
        )


@declare.claim(
    "O6",
    paper=3,
    place="paper 1, section 1",
    statement="A network can keep one function in f and in f'",
    reported="circuits may be optimized around the neuromodulator to provide stability",
    criterion="AND/AND and XOR/XOR succeed before retraining in more than {half:.0%} of runs at "
    "learning rate 0.03; null: networks trained on the gate alone that keep it under a random M "
    "and v",
    thresholds={"half": 0.5},
    reads={
        "runs": "gates/stability/runs",
        "switching": "gates/modulators/runs",
        "hits": "gates/library/hits",
    },
)
def one_function_is_kept(
    runs: pd.DataFrame,
    switching: pd.DataFrame,
    hits: pd.DataFrame,
    half: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    near = {"family": "near_identity", "scale": 0.5}
    for gate, pair in (("AND", "AND/OR"), ("XOR", "AND/XOR")):
        for rate in (0.03, 0.01):
            own = select(runs, tasks=f"{gate}/{gate}", learning_rate=rate, **near)
            success = statistics.rate(own["zero_shot_success"], above(half))
            if rate == 0.03:
                null = kept_when_trained_alone(hits, gate)
                beyond = statistics.bootstrap(
                    [[own["zero_shot_success"]], [null]],
                    lambda a, b: a.mean(axis=1) - b.mean(axis=1),
                    above(0),
                    rng,
                )
                yield judged(
                    f"{gate}/{gate}",
                    success,
                    f"{{value}} of runs keep {gate} in f and f' (trained alone, then transformed: "
                    "{null}).",
                    "%",
                    control("trained alone", _mean(null, half, rng), beyond),
                )
                other = select(
                    switching, tasks=pair, learning_rate=rate, pullback="inverse", **near
                )
                yield beside(
                    f"first success, {gate}/{gate} minus {pair}",
                    statistics.median_difference(
                        *_paired(
                            cycles_until(own, "first_retrained_cycle"),
                            cycles_until(other, "first_retrained_cycle"),
                        ),
                        below(0),
                    ),
                    "cycles",
                )
            else:
                yield beside(f"{gate}/{gate}, learning rate {rate:g}", success, "%")


@declare.claim(
    "O7",
    paper=3,
    place="paper 1, section 2",
    statement="With equally many parameters, more layers make AND/XOR succeed less often",
    reported="none",
    criterion="the success rate with 3, 4 and 6 layers minus that with 2 is below 0 for each, at "
    "matched parameters and the learning rate that held-out runs chose for each depth",
    reads={"runs": "gates/depth/runs", "rates": "gates/depth_held_out/depth_rates"},
)
def depth_does_not_help(runs: pd.DataFrame, rates: pd.DataFrame) -> Iterator[Part]:
    chosen = at_chosen_rate(runs, rates)
    flat = select(chosen, layers=2)["solved"]
    for layers in (3, 4, 6):
        deep = select(chosen, layers=layers)["solved"]
        yield judged(
            f"{layers} layers minus 2",
            statistics.difference_of_rates(deep, flat, below(0)),
            f"With {layers} layers instead of 2 the success rate of AND/XOR changes by {{value}}.",
            "points",
        )
    for layers, rows in chosen.groupby("layers"):
        yield beside(f"{layers} layers", statistics.rate(rows["solved"], above(0.5)), "%")


def kept_when_trained_alone(hits: pd.DataFrame, gate: str) -> pd.Series:
    """Return the share of near-identity M and v that leave a gate right, of each network.

    The networks have 8 units, were trained on the gate alone, and are solved.
    """
    about = {"family": "near_identity", "scale": 0.5, "width": 8}
    own = select(hits, solved=True, trained=gate, wanted=gate, **about)
    return own["hits"] / own["candidates"]


def _ratio(largest: pd.DataFrame, inputs: int, one: str, other: str) -> np.ndarray:
    """Return by how much more functions one method holds than another, [runs].

    The geometric mean over widths, of networks of a run, which share their functions.
    """
    means = [
        select(largest, inputs=inputs, method=method).groupby("run")["doublings"].mean()
        for method in (one, other)
    ]
    ratio: np.ndarray = 2.0 ** (means[0] - means[1]).to_numpy()
    return ratio


def _size_ratio(
    largest: pd.DataFrame,
    sizes: pd.DataFrame,
    methods: tuple[str, str],
    tasks: int,
    counted: list[str],
    rng: np.random.Generator,
) -> Estimate:
    """Judge the ratio of sizes at which half of the networks of two methods hold so many tasks."""
    solved, numbers = [], []
    for method in methods:
        own = select(sizes, inputs=3, method=method, tasks=tasks).sort_values("width")
        numbers.append(own[counted].sum(axis=1).to_numpy(float))
        solved.append(solved_by_width(select(largest, inputs=3, method=method)).to_numpy(float))

    def ratio(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        found = [
            np.minimum(sizes_at_half(runs, tasks, own), NEVER)
            for runs, own in zip((one, other), numbers, strict=True)
        ]
        return found[0] / found[1]

    return statistics.bootstrap([solved], ratio, below(1), rng)


def _mean(values: pd.Series, bound: float, rng: np.random.Generator) -> Estimate:
    """Judge the mean over networks of a share that lies above a bound."""
    if values.isna().any() or values.empty:
        raise Untestable("no network that was solved has the numbers that are compared")
    return statistics.bootstrap([[values]], _mean_of, above(bound), rng)


def _mean_of(values: np.ndarray) -> np.ndarray:
    mean: np.ndarray = values.mean(axis=1)
    return mean


def _paired(one: pd.Series, other: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of those runs that both have."""
    both = one.index.intersection(other.index)
    return one[both].to_numpy(), other[both].to_numpy()
