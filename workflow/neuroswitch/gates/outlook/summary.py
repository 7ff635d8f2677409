"""From climbs to capacities: success, the largest number of tasks, growth, and size (O1, O5)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.gates.outlook import ladders
from neuroswitch.gates.outlook.ladders import parameters_at_half, tasks_at_half
from neuroswitch.schemas.outlook import (
    CAPACITY,
    CAPACITY_SUCCESS,
    CELL_KEY,
    CHOSEN_RATES,
    COMPRESSION,
    GROWTH,
    LARGEST,
)
from neuroswitch.statistics import resampled, wilson_interval

BITS = 32
"""Of a stored number: single precision."""

DRAWS = 2000
"""Times that runs are resampled for an interval."""

CELL = list(CELL_KEY)
TAIL = 0.025


@declare.analysis(
    "capacity",
    reads={"climbs": "gates/{experiment}/climbs", "sizes": "gates/{experiment}/sizes"},
    settings={"root_seed": "seed"},
    writes={
        "gates/{experiment}/chosen_rates": CHOSEN_RATES,
        "gates/{experiment}/largest": LARGEST,
        "gates/{experiment}/success_with_tasks": CAPACITY_SUCCESS,
        "gates/{experiment}/capacity": CAPACITY,
        "gates/{experiment}/growth": GROWTH,
        "gates/{experiment}/compression": COMPRESSION,
    },
)
def capacities(
    climbs: pd.DataFrame, sizes: pd.DataFrame, experiment: str, root_seed: int
) -> dict[str, pd.DataFrame]:
    """Return all tables of the runs that are judged, and that of the rates chosen by the others.

    Intervals are percentile bootstraps over runs, which are resampled at all widths together; those
    of success rates are Wilson's.
    """
    judged = climbs[~climbs["held_out"]]
    largest = ladders.largest_solved(judged, [*CELL, "run"])
    largest["doublings"] = ladders.doublings(largest["largest_tasks"].to_numpy())

    def rng(table: str) -> np.random.Generator:
        return seeds.generator(root_seed, "gates", experiment, table)

    return {
        "chosen_rates": chosen_rates(climbs),
        "largest": largest,
        "success_with_tasks": success(judged, largest, sizes),
        "capacity": capacity(largest, sizes, rng("capacity")),
        "growth": growth(largest, sizes, rng("growth")),
        "compression": compression(largest, sizes, rng("compression")),
    }


def chosen_rates(climbs: pd.DataFrame) -> pd.DataFrame:
    """Return how many tasks held-out runs hold at each learning rate, and the rate chosen."""
    found = []
    for values, group in climbs[climbs["held_out"]].groupby(CELL, sort=True):
        rates = ladders.rates_of(group).rename("doublings").reset_index()
        chosen = rates["learning_rate"] == ladders.chosen_rate(group)
        about = dict(zip(CELL, values, strict=True)) | {"runs": group["run"].nunique()}
        found.append(rates.assign(**about, chosen=chosen))
    return pd.concat(found, ignore_index=True)


def success(judged: pd.DataFrame, largest: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """Return the share of runs that solve each number of tasks, or a larger one."""
    found = []
    shares = judged.assign(share=judged["right_tasks"] / judged["tasks"])
    means = shares.groupby([*CELL, "tasks"])["share"].mean()
    for (inputs, width, method), group in largest.groupby(CELL, sort=True):
        right = means.loc[inputs, width, method]
        steps = _rungs(sizes, inputs)
        successes = (group["largest_tasks"].to_numpy() >= steps[:, None]).sum(axis=1)
        low, high = wilson_interval(successes, np.full(len(steps), len(group)))
        found.append(
            pd.DataFrame(
                {
                    "inputs": inputs,
                    "width": width,
                    "method": method,
                    "tasks": steps,
                    "runs": len(group),
                    "successes": successes,
                    "rate": successes / len(group),
                    "low": low,
                    "high": high,
                    "right_share": right.reindex(steps).to_numpy(),
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def capacity(largest: pd.DataFrame, sizes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the number of tasks that half of the runs hold, of each method and width."""
    rows = []
    for (inputs, method), widths, solved in _by_method(largest):
        steps = _rungs(sizes, inputs)
        value = tasks_at_half(solved.T, steps)
        drawn = resampled(
            [[solved]], lambda runs, steps=steps: tasks_at_half(_last(runs), steps), rng, DRAWS
        )
        low, high = np.quantile(drawn, [TAIL, 1 - TAIL], axis=0)
        numbers = _numbers(sizes, inputs, method, "parameters")
        for place, width in enumerate(widths):
            own = numbers.loc[width]
            rows.append(
                {
                    "inputs": inputs,
                    "width": width,
                    "method": method,
                    "runs": len(solved),
                    "half_tasks": value[place],
                    "low": low[place],
                    "high": high[place],
                    "most_tasks": steps[-1],
                    "parameters": np.interp(value[place], own.index, own),
                }
            )
    return pd.DataFrame(rows)


def growth(largest: pd.DataFrame, sizes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the slope of log capacity on log parameters, over widths that reach no upper end.

    A method that holds all tasks tried with all but one width has no slope, and no row.
    """
    rows = []
    for (inputs, method), widths, solved in _by_method(largest):
        steps = _rungs(sizes, inputs)
        value = tasks_at_half(solved.T, steps)
        inside = value < steps[-1]
        if inside.sum() < 2:
            continue
        numbers = _numbers(sizes, inputs, method, "parameters")
        parameters = [
            np.interp(tasks, numbers.columns, numbers.loc[width])
            for width, tasks in zip(widths, value, strict=True)
        ]
        places = np.log(np.array(parameters)[inside])

        def slope(
            runs: np.ndarray,
            steps: np.ndarray = steps,
            inside: np.ndarray = inside,
            places: np.ndarray = places,
        ) -> np.ndarray:
            return slopes(places, np.log(tasks_at_half(_last(runs), steps)[..., inside]))

        low, high = np.quantile(resampled([[solved]], slope, rng, DRAWS), [TAIL, 1 - TAIL])
        rows.append(
            {
                "inputs": inputs,
                "method": method,
                "runs": len(solved),
                "widths": int(inside.sum()),
                "slope": float(slope(solved[None])[0]),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows, columns=GROWTH.names)


def compression(
    largest: pd.DataFrame, sizes: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the size of network with which half of the runs hold each number of tasks.

    `counted` is `trained`, the numbers that are trained, of which M and v are none because they are
    drawn again from their seed; or `all`, with those of every M and v.
    """
    rows = []
    for (inputs, method), _, solved in _by_method(largest):
        for tasks in _rungs(sizes, inputs):
            for counted, columns in (
                ("trained", ["parameters"]),
                ("all", ["parameters", "fixed_numbers"]),
            ):
                own = [_numbers(sizes, inputs, method, column)[tasks] for column in columns]
                known = np.sum(own, axis=0)
                drawn = resampled(
                    [[solved]],
                    lambda runs, known=known, tasks=tasks: sizes_at_half(runs, tasks, known),
                    rng,
                    DRAWS,
                )
                low, high = np.quantile(drawn, [TAIL, 1 - TAIL], method="inverted_cdf")
                numbers = float(sizes_at_half(solved[None], tasks, known)[0])
                rows.append(
                    {
                        "inputs": inputs,
                        "method": method,
                        "tasks": tasks,
                        "counted": counted,
                        "runs": len(solved),
                        "numbers": numbers,
                        "low": low,
                        "high": high,
                        "bits": BITS * numbers,
                        "smallest": known.min(),
                    }
                )
    return pd.DataFrame(rows)


def slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the least-squares slope [...] of y [..., points] on x [points]."""
    centred = x - x.mean()
    found: np.ndarray = (y * centred).sum(axis=-1) / (centred**2).sum()
    return found


def sizes_at_half(solved: np.ndarray, tasks: int, sizes: np.ndarray) -> np.ndarray:
    """Return the size [draws] with which half of the runs hold so many tasks.

    Parameters
    ----------
    solved [draws, runs, widths] : the largest number of tasks of each run
    sizes [widths] : numbers of each network, ascending
    """
    return parameters_at_half((solved >= tasks).mean(axis=1), sizes)


def solved_by_width(largest: pd.DataFrame) -> pd.DataFrame:
    """Return the largest number of tasks of one method, a row for each run, a column a width."""
    return largest.pivot(index="run", columns="width", values="largest_tasks")


def _by_method(
    largest: pd.DataFrame,
) -> Iterator[tuple[tuple[int, str], np.ndarray, np.ndarray]]:
    """Yield inputs and method, widths [widths] and the largest tasks [runs, widths]."""
    for (inputs, method), group in largest.groupby(["inputs", "method"], sort=True):
        table = solved_by_width(group)
        yield (inputs, method), table.columns.to_numpy(), table.to_numpy()


def _numbers(sizes: pd.DataFrame, inputs: int, method: str, column: str) -> pd.DataFrame:
    """Return numbers of networks, a row for each width and a column for each number of tasks."""
    own = sizes[(sizes["inputs"] == inputs) & (sizes["method"] == method)]
    return own.pivot(index="width", columns="tasks", values=column)


def _rungs(sizes: pd.DataFrame, inputs: int) -> np.ndarray:
    """Return the numbers of tasks that runs of so many inputs try."""
    return np.sort(sizes.loc[sizes["inputs"] == inputs, "tasks"].unique())


def _last(runs: np.ndarray) -> np.ndarray:
    """Return [draws, widths, runs] of [draws, runs, widths]."""
    return np.swapaxes(runs, -1, -2)
