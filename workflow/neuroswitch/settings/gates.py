"""The gate experiments of paper 1, sections 2 and 3."""

import itertools
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from neuroswitch.errors import nearest
from neuroswitch.settings.base import (
    UNMODULATED,
    Experiments,
    Many,
    Modulator,
    PullBack,
    Rate,
    Section,
)

GATES = ("AND", "OR", "XOR", "NOR")


def _known_tasks(tasks: str) -> str:
    for gate in tasks.split("/"):
        if gate not in GATES:
            raise ValueError(f"no gate is called {gate!r}; {nearest(gate, GATES)}")
    return tasks


Tasks = Annotated[str, AfterValidator(_known_tasks)]


class Condition(Section):
    """One cell of an experiment: everything that its runs have in common."""

    tasks: Tasks
    layers: int
    width: int
    learning_rate: float
    period: int
    cycles: int
    family: str
    scale: float
    pullback: str
    bias_shift: float
    stable_cycles: int
    stream: str

    @property
    def gates(self) -> list[str]:
        return self.tasks.split("/")

    @property
    def epochs(self) -> int:
        return self.cycles * self.period * len(self.gates)


class Network(Section):
    """The primary choices, used wherever an experiment does not say otherwise."""

    layers: Annotated[list[Annotated[int, Field(ge=2)]], Many] = Field(
        description="Linear layers (paper 1, section 3: two)."
    )
    width: Annotated[list[PositiveInt], Many] = Field(
        description="Units of each hidden layer (A1)."
    )
    learning_rate: Annotated[list[Rate], Many] = Field(description="Of plain SGD (A4).")
    period: Annotated[list[PositiveInt], Many] = Field(
        description="Epochs on a task before the switch (paper 1, section 3: 10)."
    )
    cycles: PositiveInt = Field(
        description="Training length, as cycles of the condition (paper 1, section 3: 500; A5)."
    )
    modulator: Annotated[list[Modulator], Many] = Field(description="Family and scale of M (A6).")
    pullback: Annotated[list[PullBack], Many] = Field(
        description="How a step taken in f' comes back: inverse (paper 1) or transpose (A8)."
    )
    bias_shift: float = Field(ge=0, description="Standard deviation of v (A7).")
    stable_cycles: PositiveInt = Field(
        description="Success must hold in each of this many last cycles, at most a tenth (A9)."
    )
    recorded_cycles: Annotated[int, Field(ge=2)] = Field(
        description="Rows of history kept for each run, half evenly and half log-spaced."
    )
    runs_per_job: PositiveInt = Field(description="Runs trained in one job.")
    stream: str = Field(
        description="Name of the random streams: conditions that share it share networks; "
        "{tasks} in it stands for the gates, which then start from networks of their own."
    )


class Experiment(Section):
    """Which tasks, how many runs, and what differs from the primary choices."""

    tasks: Annotated[list[Tasks], Many] = Field(
        description="Gates in the order of a cycle, such as AND/OR; one gate is not modulated."
    )
    runs: PositiveInt = Field(description="Networks of each condition.")
    epochs: PositiveInt | None = Field(
        None, description="Training length as epochs over all tasks, instead of cycles."
    )
    layers: Annotated[list[Annotated[int, Field(ge=2)]], Many] | None = None
    width: Annotated[list[PositiveInt], Many] | None = None
    learning_rate: Annotated[list[Rate], Many] | None = None
    period: Annotated[list[PositiveInt], Many] | None = None
    cycles: PositiveInt | None = None
    modulator: Annotated[list[Modulator], Many] | None = None
    pullback: Annotated[list[PullBack], Many] | None = None
    bias_shift: float | None = Field(None, ge=0)
    recorded_cycles: Annotated[int, Field(ge=2)] | None = None
    runs_per_job: PositiveInt | None = None
    stream: str | None = None

    @model_validator(mode="after")
    def _one_length(self) -> "Experiment":
        if self.cycles and self.epochs:
            raise ValueError("give cycles or epochs, not both")
        return self


class GateSettings(Experiments):
    """Primary choices and the experiments built on them."""

    primary: Network
    experiments: dict[str, Experiment] = Field(description="Trained, and kept as tables of runs.")
    traces: dict[str, Experiment] = Field(
        description="Trained again with every epoch kept, for the trajectories of Figures 3 and 4."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> "GateSettings":
        if shared := set(self.experiments) & set(self.traces):
            raise ValueError(f"experiments and traces share the name {', '.join(sorted(shared))}")
        return self

    def experiment(self, name: str) -> Experiment:
        """Return an experiment or a trace by its name."""
        return self.experiments[name] if name in self.experiments else self.traces[name]

    def conditions(self, name: str) -> list[Condition]:
        """Return every combination of an experiment's choices, in the config's order."""
        return list(self._combinations(name))

    def _combinations(self, name: str) -> Iterator[Condition]:
        experiment = self.experiment(name)
        axes = ("layers", "width", "learning_rate", "period")
        for tasks in experiment.tasks:
            phases = len(tasks.split("/"))
            modulators = self._modulators(name) if phases > 1 else [(UNMODULATED, 1.0, UNMODULATED)]
            for layers, width, learning_rate, period in itertools.product(
                *(self.choice(name, axis) for axis in axes)
            ):
                for family, scale, pullback in modulators:
                    yield Condition(
                        tasks=tasks,
                        layers=layers,
                        width=width,
                        learning_rate=learning_rate,
                        period=period,
                        cycles=-(-experiment.epochs // (period * phases))
                        if experiment.epochs
                        else self.choice(name, "cycles"),
                        family=family,
                        scale=scale,
                        pullback=pullback,
                        bias_shift=self.choice(name, "bias_shift") if phases > 1 else 0.0,
                        stable_cycles=self.primary.stable_cycles,
                        stream=self.choice(name, "stream").replace("{tasks}", tasks),
                    )

    def _modulators(self, name: str) -> list[tuple[str, float, str]]:
        return [
            (modulator.family, modulator.scale, pullback)
            for modulator in self.choice(name, "modulator")
            for pullback in self.choice(name, "pullback")
        ]
