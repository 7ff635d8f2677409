"""The gate experiments of paper 1, sections 2 and 3."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from neuroswitch.settings.base import (
    UNMODULATED,
    Experiments,
    FigureName,
    Many,
    Modulator,
    Name,
    PullBack,
    Rate,
    Section,
    known,
    ranges,
)


def _known_tasks(tasks: str) -> str:
    for gate in tasks.split("/"):
        known("gate", gate)
    return tasks


Tasks = Annotated[str, AfterValidator(_known_tasks)]
Loss = Literal["mean_squared_error", "cross_entropy"]
Batch = Literal["full", "single", "ordered"]
Initialisation = Literal["torch", "normal", "glorot"]
Layers = Annotated[int, Field(ge=2)]
Shift = Annotated[float, Field(ge=0)]
Distribution = Literal["normal", "uniform"]

MODULATION = ("modulator", "shared_modulator", "pullback", "bias_shift", "shift_distribution")
"""Choices that a network which is never transformed does not have."""

RECORDING = {"runs_per_job", "recorded_cycles", "recorded_parameters"}
"""Primary choices by which no network is another."""

NOTHING = Modulator.model_construct(family=UNMODULATED, scale=1.0)
UNTRANSFORMED = (NOTHING, False, UNMODULATED, 0.0, UNMODULATED)
"""What stands for the choices of MODULATION where there is none."""


class Condition(Section):
    """One cell of an experiment: everything that its runs have in common."""

    tasks: Tasks
    layers: int
    width: int
    learning_rate: float
    period: int
    cycles: int
    loss: str
    batch: str
    initialisation: str
    family: str
    scale: float
    shared_modulator: bool
    pullback: str
    bias_shift: float
    shift_distribution: str
    stable_cycles: int
    stream: str

    @property
    def gates(self) -> list[str]:
        return self.tasks.split("/")

    @property
    def epochs(self) -> int:
        return self.cycles * self.period * len(self.gates)

    @property
    def loop(self) -> tuple[Any, ...]:
        """Return the choices of the training loop itself; the others are a run's own."""
        return (
            self.tasks,
            self.layers,
            self.width,
            self.period,
            self.cycles,
            self.loss,
            self.batch,
        )


class GatePrimary(Section):
    """The primary choices, used wherever an experiment does not say otherwise."""

    layers: Many[Layers] = Field(description="Linear layers (paper 1, section 3: two).")
    width: Many[PositiveInt] = Field(description="Units of each hidden layer (A1).")
    learning_rate: Many[Rate] = Field(description="Of plain SGD (A4).")
    period: Many[PositiveInt] = Field(
        description="Epochs on a task before the switch (paper 1, section 3: 10)."
    )
    cycles: Many[PositiveInt] = Field(
        description="Training length, as cycles of the condition (paper 1, section 3: 500; A5)."
    )
    loss: Many[Loss] = Field(
        description="Descended on, a mean over the patterns of an update (A2)."
    )
    batch: Many[Batch] = Field(
        description="full: an epoch is one update on all four patterns; single: an update for "
        "each pattern, in a fresh random order every epoch; ordered: in the same order always (A2)."
    )
    initialisation: Many[Initialisation] = Field(
        description="torch: PyTorch's default for Linear; normal: standard normal; glorot (A3)."
    )
    modulator: Many[Modulator] = Field(description="Family and scale of M (A6).")
    pullback: Many[PullBack] = Field(
        description="How a step taken in f' comes back: inverse (paper 1) or transpose (A8)."
    )
    shared_modulator: Many[bool] = Field(
        description="One M and one v for all runs of a condition; if false, for each run (A101)."
    )
    bias_shift: Many[Shift] = Field(description="What the numbers of v are multiplied by (A7).")
    shift_distribution: Many[Distribution] = Field(
        description="Of the numbers of v: standard normal, or uniform between 0 and 1 (A7)."
    )
    stable_cycles: PositiveInt = Field(
        description="Stable success holds in each of this many last cycles, at most a tenth (A9)."
    )
    recorded_cycles: Annotated[int, Field(ge=2)] = Field(
        description="Rows of history kept for each run, half evenly and half log-spaced."
    )
    recorded_parameters: bool = Field(
        description="Whether the table of runs holds each network's parameters before and after "
        "training: the mapping and the distances are made from them."
    )
    runs_per_job: PositiveInt = Field(description="Runs trained in one job.")
    stream: str = Field(
        description="Name of the random streams: conditions that share it share networks; "
        "{tasks} in it stands for the gates, which then start from networks of their own."
    )


class Choices(Section):
    """What may differ from the primary choices, each one value or a list."""

    layers: Many[Layers] | None = None
    width: Many[PositiveInt] | None = None
    learning_rate: Many[Rate] | None = None
    period: Many[PositiveInt] | None = None
    cycles: Many[PositiveInt] | None = None
    loss: Many[Loss] | None = None
    batch: Many[Batch] | None = None
    initialisation: Many[Initialisation] | None = None
    modulator: Many[Modulator] | None = None
    pullback: Many[PullBack] | None = None
    shared_modulator: Many[bool] | None = None
    bias_shift: Many[Shift] | None = None
    shift_distribution: Many[Distribution] | None = None


class Experiment(Choices):
    """Which tasks, how many runs, and what differs from the primary choices."""

    tasks: Many[Tasks] = Field(
        description="Gates in the order of a cycle, such as AND/OR; one gate is not modulated."
    )
    runs: PositiveInt = Field(description="Networks of each condition.")
    epochs: PositiveInt | None = Field(
        None, description="Training length as epochs over all tasks, instead of cycles."
    )
    parameters: Annotated[int, Field(ge=9)] | None = Field(
        None,
        description="Weights and biases of a network, instead of `width`: at each number of layers "
        "the width that comes nearest (A136).",
    )
    recorded_cycles: Annotated[int, Field(ge=2)] | None = None
    recorded_parameters: bool | None = None
    runs_per_job: PositiveInt | None = None
    stream: str | None = None
    figure: FigureName | None = Field(
        None, description="A figure that is drawn of this experiment alone, such as `rates`."
    )

    @model_validator(mode="after")
    def _one_length(self) -> "Experiment":
        if self.cycles and self.epochs:
            raise ValueError("give cycles or epochs, not both")
        return self

    @model_validator(mode="after")
    def _one_size(self) -> "Experiment":
        if self.width and self.parameters:
            raise ValueError("give width or parameters, not both")
        return self


class Units(Section):
    """An experiment of units that are not runs of conditions: its jobs train some of them each."""

    figure: FigureName | None = Field(None, description="A figure that is drawn of it alone.")

    @property
    def count(self) -> int:
        """Return how many units there are."""
        raise NotImplementedError

    @property
    def per_job(self) -> int:
        """Return how many of them one job trains."""
        raise NotImplementedError

    def depends_on(self, primary: GatePrimary) -> dict[str, Any]:
        """Return what the results depend on, as plain values."""
        raise NotImplementedError

    def uses(self) -> set[tuple[str, str]]:
        """Return kind and name of what has declared itself and is named in the configuration."""
        return set()


class Multiverse(Units):
    """Universes, each one joint draw of the choices that paper 1 leaves open."""

    universes: PositiveInt = Field(
        description="How many, from the first of the sequence on; more of them keep the others."
    )
    runs: PositiveInt = Field(description="Networks of each condition of a universe.")
    universes_per_job: PositiveInt = Field(description="Universes trained in one job.")

    @property
    def count(self) -> int:
        return self.universes

    @property
    def per_job(self) -> int:
        return self.universes_per_job

    def depends_on(self, primary: GatePrimary) -> dict[str, Any]:
        # What its priors and claims name is imported by the code that trains it.
        own = self.model_dump(include={"universes", "runs"})
        return own | {"stable_cycles": primary.stable_cycles}


Context = Literal[
    "library",
    "powers",
    "superposition",
    "signs",
    "gated_units",
    "scaled_units",
    "extra_input",
    "matched_extra_input",
    "separate",
]
Rungs = Annotated[list[PositiveInt], Field(min_length=2)]


class Method(Section):
    """How a network of many tasks is told which one it has."""

    context: Context = Field(description="What tells the task (A130).")
    modulator: Modulator = Field(
        Modulator.model_construct(family="orthogonal", scale=1.0),
        description="Family and scale of M, of `library` and `powers`.",
    )
    pullback: PullBack = Field("inverse", description="Of `library` and `powers`, as in primary.")
    factor: Annotated[float, Field(gt=0)] = Field(
        2.0, description="What `scaled_units` multiplies the outputs of half the units by."
    )


class Capacity(Units):
    """As many tasks as one network can hold, by each way of telling it the task (O1, O5)."""

    inputs: Many[Literal[2, 3]] = Field(description="Of the Boolean functions.")
    width: Many[PositiveInt] = Field(description="Units of the hidden layer.")
    methods: dict[str, Method] = Field(min_length=1, description="By name.")
    tasks: Rungs = Field(
        description="Numbers of tasks that a run tries one after another, ascending, until it "
        "fails twice in a row; those above the number of functions are left out (A131)."
    )
    learning_rate: Many[Rate] = Field(description="Of which the held-out runs choose one (A132).")
    cycles: PositiveInt = Field(description="A cycle is one period on each task.")
    runs: PositiveInt = Field(description="Judged, of each method, width and number of inputs.")
    held_out_runs: PositiveInt = Field(description="Others, by which the learning rate is chosen.")
    noise: Many[Annotated[float, Field(gt=0)]] = Field(
        description="On trained numbers, in units of their root mean square (A134)."
    )
    noisy_tasks: PositiveInt = Field(description="Tasks of the networks that noise is put on.")
    cells_per_job: PositiveInt = Field(
        description="Trained in one job; a cell is a method at a width and a number of inputs."
    )

    @model_validator(mode="after")
    def _tasks_ascend(self) -> "Capacity":
        if self.tasks != sorted(set(self.tasks)):
            raise ValueError(f"tasks must ascend, each number once; found {self.tasks}")
        if self.noisy_tasks not in self.tasks:
            raise ValueError(
                f"noisy_tasks must be one of tasks, {self.tasks}; found {self.noisy_tasks}"
            )
        return self

    @property
    def cells(self) -> list[tuple[int, int, str]]:
        """Return inputs, width and method of each cell."""
        return list(itertools.product(self.inputs, self.width, self.methods))

    @property
    def count(self) -> int:
        return len(self.cells)

    @property
    def per_job(self) -> int:
        return self.cells_per_job

    def depends_on(self, primary: GatePrimary) -> dict[str, Any]:
        own = self.model_dump(exclude={"cells_per_job", "figure"})
        shared = ("period", "bias_shift", "shift_distribution", "initialisation")
        return own | {name: getattr(primary, name)[0] for name in shared}

    def uses(self) -> set[tuple[str, str]]:
        return {("family", method.modulator.family) for method in self.methods.values()}


class Library(Units):
    """Random modulators that are tried on trained networks, without training M or the network."""

    tasks: Many[Tasks] = Field(description="What networks are trained on: a gate, or a pair.")
    wanted: Many[Tasks] = Field(description="Gates that a modulator is looked for.")
    width: Many[PositiveInt] = Field(description="Units of the hidden layer.")
    modulator: Many[Modulator] = Field(description="Families and scales of M.")
    candidates: PositiveInt = Field(description="Modulators tried, of each run, width and family.")
    learning_rate: Rate = Field(description="Of networks, and of the one period after the choice.")
    cycles: PositiveInt = Field(description="That networks are trained; they must end solved.")
    runs: PositiveInt = Field(description="Networks of each width and task.")
    runs_per_job: PositiveInt = Field(description="Runs trained in one job.")

    @property
    def count(self) -> int:
        return self.runs

    @property
    def per_job(self) -> int:
        return self.runs_per_job

    def depends_on(self, primary: GatePrimary) -> dict[str, Any]:
        own = self.model_dump(exclude={"runs_per_job", "figure"})
        return own | {"primary": primary.model_dump(exclude=RECORDING)}

    def uses(self) -> set[tuple[str, str]]:
        gates = {gate for tasks in (*self.tasks, *self.wanted) for gate in tasks.split("/")}
        families = {("family", modulator.family) for modulator in self.modulator}
        return families | {("gate", gate) for gate in gates}


def matched_width(layers: int, parameters: int) -> int:
    """Return the units of each hidden layer with which a network has most nearly so many numbers.

    Of two inputs, one output and linear layers with biases. Of two widths as near, the smaller.

    >>> [(layers, matched_width(layers, 145)) for layers in (2, 3, 4, 6)]
    [(2, 36), (3, 10), (4, 7), (6, 5)]
    """

    def excess(width: int) -> int:
        return abs(number_of_parameters(layers, width) - parameters)

    return min(range(1, parameters), key=lambda width: (excess(width), width))


def number_of_parameters(layers: int, width: int) -> int:
    """Return how many weights and biases a network of two inputs and one output has.

    >>> number_of_parameters(2, 8)
    33
    """
    return 4 * width + 1 + (layers - 2) * width * (width + 1)


class Confirmation(Section):
    """Fresh runs at the reconstructed setting: the universe nearest to what the paper reports."""

    runs: PositiveInt = Field(description="Networks of each condition.")
    mapped: PositiveInt = Field(
        description="Networks of each gate and number of layers whose end points are mapped."
    )
    figure: FigureName | None = Field(None, description="A figure that is drawn of it alone.")


class GateSettings(Experiments):
    """Primary choices and the experiments built on them."""

    primary: GatePrimary
    experiments: dict[Name, Experiment] = Field(description="Trained, and kept as tables of runs.")
    traces: dict[Name, Experiment] = Field(
        description="Trained again with every epoch kept, for the trajectories of Figures 3 and 4."
    )
    multiverses: dict[Name, Multiverse] = Field(
        description="Claims judged in universes: all open choices drawn at once, many times."
    )
    rounds: dict[Name, Multiverse] = Field(
        default={},
        description="Universes like those of a multiverse that fit the paper best (A110).",
    )
    confirmations: dict[Name, Confirmation] = Field(
        default={}, description="The nearest universe of all, trained again by fresh runs (A111)."
    )

    capacities: dict[Name, Capacity] = Field(
        {}, description="Many tasks in one network: as many as it can hold (O1, O5)."
    )
    libraries: dict[Name, Library] = Field(
        {}, description="Random modulators tried on networks, to choose from (O2)."
    )

    @property
    def units(self) -> Mapping[str, Units]:
        """Return the experiments whose jobs do not train runs of conditions."""
        return {**self.multiverses, **self.rounds, **self.capacities, **self.libraries}

    def described(self, name: str) -> dict[str, Any]:
        if name in self.units or name in self.confirmations:
            return {"experiment": name} | self.depends_on(name)
        found = super().described(name)
        # What another key stands in for is no choice of the experiment.
        instead = {"width": found.get("parameters"), "cycles": found.get("epochs")}
        return {key: value for key, value in found.items() if not instead.get(key)}

    def count(self, name: str) -> int:
        """Return how many runs an experiment has, or units such as universes."""
        return self.units[name].count if name in self.units else super().count(name)

    def chunks(self, name: str) -> list[str]:
        if name in self.units:
            return ranges(self.count(name), self.units[name].per_job)
        return super().chunks(name)

    def depends_on(self, name: str) -> dict[str, Any]:
        if name in self.units:
            return self.units[name].depends_on(self.primary)
        if name in self.confirmations:
            own = self.confirmations[name].model_dump(include={"runs", "mapped"})
            primary = self.primary.model_dump(include={"stable_cycles", "recorded_cycles"})
            return own | primary
        return {
            "runs": self.experiment(name).runs,
            "recorded_cycles": self.choice(name, "recorded_cycles"),
            "recorded_parameters": self.choice(name, "recorded_parameters"),
            "conditions": [condition.model_dump() for condition in self.conditions(name)],
        }

    def uses(self, name: str) -> set[tuple[str, str]]:
        if name in self.units:
            return self.units[name].uses()
        if name in self.confirmations:
            return set()  # What its setting names is imported by the code that trains it.
        conditions = self.conditions(name)
        families = {("family", c.family) for c in conditions if c.family != UNMODULATED}
        return families | {("gate", gate) for c in conditions for gate in c.gates}

    def conditions(self, name: str) -> list[Condition]:
        """Return every condition of an experiment, in the config's order, each once."""
        return list(dict.fromkeys(self._combinations(name)))

    def _combinations(self, name: str) -> Iterator[Condition]:
        experiment = self.experiment(name)
        choices = {choice: self.choice(name, choice) for choice in Choices.model_fields}
        axes = [axis for axis in choices if axis not in MODULATION]
        transformations = list(itertools.product(*(choices[axis] for axis in MODULATION)))
        for tasks in experiment.tasks:
            phases = len(tasks.split("/"))
            for values in itertools.product(*(choices[axis] for axis in axes)):
                chosen = dict(zip(axes, values, strict=True))
                if experiment.parameters:
                    chosen["width"] = matched_width(chosen["layers"], experiment.parameters)
                if experiment.epochs:
                    chosen["cycles"] = -(-experiment.epochs // (chosen["period"] * phases))
                for modulator, shared, pullback, shift, distribution in (
                    transformations if phases > 1 else [UNTRANSFORMED]
                ):
                    yield Condition(
                        tasks=tasks,
                        **chosen,
                        family=modulator.family,
                        scale=modulator.scale,
                        shared_modulator=shared,
                        pullback=pullback,
                        bias_shift=shift,
                        shift_distribution=distribution,
                        stable_cycles=self.primary.stable_cycles,
                        stream=self.choice(name, "stream").replace("{tasks}", tasks),
                    )
