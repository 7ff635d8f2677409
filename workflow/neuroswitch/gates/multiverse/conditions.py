"""What a universe trains: conditions by the names of the experiments that the claims read."""

import itertools
from dataclasses import dataclass

from neuroswitch.gates.multiverse.priors import Universe
from neuroswitch.settings.base import UNMODULATED
from neuroswitch.settings.gates import Condition

GATES = ("AND", "OR", "XOR", "NOR")
PAIRS = ("AND/OR", "AND/XOR")
THREE = tuple("/".join(order) for order in itertools.permutations(GATES[:3]))
"""Every order of three gates."""

SHORT, LONG = 3, 30
"""Epochs of the other periods of paper 1, Figure 3F and G."""

MAPPING = {"period": 10, "cycles": 100}
"""1000 epochs (paper 1, section 2)."""

LENGTHENED = 10
"""Times the cycles by which X2 asks whether success is a matter of training longer."""


@dataclass(frozen=True)
class Length:
    """Training length of a universe: cycles of two phases at its period, and their epochs."""

    cycles: int
    epochs: int


def length(universe: Universe) -> Length:
    """Return how long a universe trains two gates (ambiguity A5)."""
    epochs_of_cycle = 2 * universe.period
    cycles = {
        "cycles_500": 500,
        "phases_500": 250,
        "epochs_2500": _at_least(2500, epochs_of_cycle),
    }[universe.budget]
    return Length(cycles, cycles * epochs_of_cycle)


def conditions(universe: Universe, stable_cycles: int) -> dict[str, list[Condition]]:
    """Return the conditions of each experiment; one may stand in several.

    Experiments have the names that config/laptop.yaml gives them; `modulators` has both ways back.
    """
    own = length(universe)
    pairs = [switched(universe, stable_cycles, tasks) for tasks in PAIRS]
    and_or = pairs[0]
    alone = [
        unmodulated(
            universe,
            stable_cycles,
            tasks=gate,
            learning_rate=universe.learning_rate,
            # As long as a cycle of two gates: both count the epochs to success in the same steps.
            period=2 * universe.period,
            cycles=own.cycles,
        )
        for gate in GATES[:3]
    ]
    mapping = {
        layers: [
            unmodulated(
                universe,
                stable_cycles,
                tasks=gate,
                layers=layers,
                learning_rate=universe.mapping_rate,
                stream=_mapping_stream(universe, gate),
                **MAPPING,
            )
            for gate in GATES
        ]
        for layers in (2, 4)
    }
    return {
        "pairs": pairs,
        "modulators": [
            changed(pair, pullback=back) for back in ("inverse", "transpose") for pair in pairs
        ],
        "periods_equal_cycles": [
            changed(and_or, period=period) for period in (SHORT, universe.period, LONG)
        ],
        "periods_equal_epochs": [
            changed(and_or, period=period, cycles=_at_least(own.epochs, 2 * period))
            for period in (SHORT, LONG)
        ],
        "orderings": [
            changed(and_or, tasks=tasks, cycles=_cycles_of_three(universe)) for tasks in THREE
        ],
        "unmodulated": alone,
        "mapping_two_layers": mapping[2],
        "mapping_four_layers": mapping[4],
    }


def lengthened(universe: Universe, stable_cycles: int) -> Condition:
    """Return AND/XOR at ten times the cycles."""
    condition = switched(universe, stable_cycles, "AND/XOR")
    return changed(condition, cycles=LENGTHENED * condition.cycles)


def changed(condition: Condition, **changes: object) -> Condition:
    """Return a condition with some of its choices replaced."""
    return condition.model_copy(update=changes)


def switched(universe: Universe, stable_cycles: int, tasks: str) -> Condition:
    """Return two gates at the universe's period, with M^-1."""
    return Condition(
        tasks=tasks,
        layers=2,
        width=universe.width,
        learning_rate=universe.learning_rate,
        period=universe.period,
        cycles=length(universe).cycles,
        loss=universe.loss,
        batch=universe.batch,
        initialisation=universe.initialisation,
        family=universe.family,
        scale=universe.scale,
        shared_modulator=universe.shared_modulator,
        pullback="inverse",
        bias_shift=universe.bias_shift,
        shift_distribution=universe.shift_distribution,
        stable_cycles=stable_cycles,
        stream=_stream(universe),
    )


def unmodulated(universe: Universe, stable_cycles: int, **choices: object) -> Condition:
    """Return a gate alone, of two layers and with the switched networks' starts by default."""
    nothing = {
        "family": UNMODULATED,
        "scale": 1.0,
        "shared_modulator": False,
        "pullback": UNMODULATED,
        "bias_shift": 0.0,
        "shift_distribution": UNMODULATED,
    }
    return changed(switched(universe, stable_cycles, "AND"), **nothing, **choices)


def _stream(universe: Universe) -> str:
    """Return the name of the streams of a universe: its switched networks share starts and M."""
    return f"universe {universe.universe}"


def _mapping_stream(universe: Universe, gate: str) -> str:
    """Return that of mapped networks: the same, or one for each gate (ambiguity A11)."""
    return _stream(universe) if universe.shared_start else f"{_stream(universe)} mapping {gate}"


def _cycles_of_three(universe: Universe) -> int:
    """Return the cycles of three gates that a budget of phases or of epochs has room for."""
    if universe.budget == "cycles_500":
        return length(universe).cycles
    return _at_least(length(universe).epochs, 3 * universe.period)


def _at_least(epochs: int, of_cycle: int) -> int:
    """Return the cycles that take at least so many epochs."""
    return -(-epochs // of_cycle)
