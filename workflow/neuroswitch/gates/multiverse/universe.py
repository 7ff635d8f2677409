"""Train one universe, and analyse it: in memory the tables that the claims read."""

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroswitch import seeds
from neuroswitch.claims.paper1 import MAPPING_RATE
from neuroswitch.claims.statistics import Untestable
from neuroswitch.gates import geometry, neighbours, tables, training
from neuroswitch.gates.multiverse.conditions import GATES, conditions, lengthened
from neuroswitch.gates.multiverse.priors import Universe
from neuroswitch.gates.training import Outcome, by_loop, train, train_together
from neuroswitch.settings.gates import Condition

TRACED = 8
"""Runs of which every epoch is kept, for the planes that their paths follow."""

DEEP = 16
"""Runs of each gate whose neighbours with four layers are found, in all coordinates: modulo
symmetry their distances take longer than all else in a universe of wide networks."""

UNDECIDED = (0.2, 0.4)
"""Success rates of AND/XOR between which a universe trains it ten times as long (X2)."""


@dataclass(frozen=True)
class Trained:
    """A universe with its tables, by the paths by which the claims read them."""

    universe: Universe
    runs: int
    run_epochs: int
    tables: Mapping[str, pd.DataFrame]

    def read(self, table: str) -> pd.DataFrame:
        """Return a table.

        Raises
        ------
        Untestable : it was not made of this universe
        """
        if table not in self.tables:
            raise Untestable(f"{table} was not made of universe {self.universe.universe}")
        return self.tables[table]


def train_universe(
    universe: Universe, runs: int, root_seed: int, stable_cycles: int, threads: int = 1
) -> Trained:
    """Train the runs of every condition of a universe, and analyse them.

    In tables of distances mapped networks have the learning rate by which the claims select them,
    whatever their own is. Networks that diverged are not in them; where fewer than two of a gate
    are left, these tables are missing. No number depends on `threads`.
    """
    chosen = conditions(universe, stable_cycles)
    wanted = dict.fromkeys(itertools.chain.from_iterable(chosen.values()))
    with _quiet():
        outcomes = _train_all(list(wanted), range(runs), root_seed, threads)
        and_xor = _runs(outcomes, [c for c in chosen["pairs"] if c.tasks == "AND/XOR"])
        if UNDECIDED[0] <= and_xor["solved"].mean() <= UNDECIDED[1]:
            chosen["budget"] = [lengthened(universe, stable_cycles)]
            outcomes |= _train_all(chosen["budget"], range(runs), root_seed, threads)
        paths, run_epochs = _traced(
            {"switched": chosen["pairs"][0], "alone": chosen["unmodulated"][0]},
            range(min(runs, TRACED)),
            root_seed,
        )
    found = {f"gates/{name}/runs": _runs(outcomes, own) for name, own in chosen.items()}
    for name in ("pairs", "periods_equal_cycles", "periods_equal_epochs"):
        found[f"gates/{name}/tasks"] = pd.concat(
            [tables.tasks(c, outcomes[c]) for c in chosen[name]], ignore_index=True
        )
    for name, most in (("mapping_two_layers", runs), ("mapping_four_layers", DEEP)):
        mapped = found[f"gates/{name}/runs"].assign(learning_rate=MAPPING_RATE)
        rng = seeds.generator(root_seed, "gates", "multiverse", universe.universe, name)
        found |= {f"gates/{name}/{table}": t for table, t in _mapped(mapped, most, rng).items()}
    found |= _end_distances(found)
    return Trained(
        universe,
        runs,
        run_epochs + runs * sum(condition.epochs for condition in outcomes),
        found | paths,
    )


def _train_all(
    wanted: Sequence[Condition], runs: Sequence[int], root_seed: int, threads: int
) -> dict[Condition, Outcome]:
    """Train conditions, those of one loop together; of their history the last cycle is kept."""
    found: dict[Condition, Outcome] = {}
    for alike in by_loop(wanted):
        last = np.array([alike[0].cycles])
        trained = train_together(alike, runs, root_seed, last, threads=threads)
        found |= dict(zip(alike, trained, strict=True))
    return found


def _traced(
    chosen: Mapping[str, Condition], runs: Sequence[int], root_seed: int
) -> tuple[dict[str, pd.DataFrame], int]:
    """Return tables of how planar paths are, and the run-epochs that they took."""
    found, run_epochs = {}, 0
    for name, condition in chosen.items():
        outcome = train(condition, runs, root_seed, np.array([condition.cycles]), traced=True)
        found[f"gates/traces/{name}/planarity"] = tables.planarity(condition, outcome)
        run_epochs += len(runs) * condition.epochs
    return found, run_epochs


def _runs(outcomes: Mapping[Condition, Outcome], chosen: Sequence[Condition]) -> pd.DataFrame:
    return pd.concat([tables.runs(c, outcomes[c]) for c in chosen], ignore_index=True)


def _mapped(runs: pd.DataFrame, most: int, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables of where mapped networks of one depth lie, neighbours among `most` runs."""
    placed = geometry.placed(runs)
    near = placed[placed["run"] < most]
    if (near.groupby("tasks").size().reindex(GATES, fill_value=0) < 2).any():
        return {}
    found = geometry.map_networks(placed, "mapping")
    distances = neighbours.distances_among(near)
    about = {"layers": near["layers"].iloc[0], "learning_rate": MAPPING_RATE}
    votes = neighbours.neighbour_votes(near, distances, rng).assign(**about)
    spaces = {name: distances[name] for name in neighbours.MEASURES}
    spacings = neighbours.end_spacings(near, spaces).assign(
        layers=about["layers"], mapping_rate=MAPPING_RATE
    )
    return found | {"neighbour_votes": votes, "end_spacings": spacings}


def _end_distances(found: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return tables of distances of switched networks, to the gates and in the coordinates read."""
    if "gates/mapping_two_layers/end_spacings" not in found:
        return {}
    mapped = found["gates/mapping_two_layers/runs"].assign(learning_rate=MAPPING_RATE)
    read = {
        "pairs": (["AND", "OR", "XOR"], ["raw", "symmetry"]),
        "periods_equal_cycles": (["AND", "OR"], ["raw"]),
        "periods_equal_epochs": (["AND", "OR"], ["raw"]),
    }
    return {
        f"gates/{name}/end_distances": neighbours.end_distances(
            found[f"gates/{name}/runs"], mapped[mapped["tasks"].isin(gates)], name, kinds
        )
        for name, (gates, kinds) in read.items()
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out the warnings of single runs: in a universe to diverge is a result like others."""
    level = training.log.level
    training.log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        training.log.setLevel(level)
