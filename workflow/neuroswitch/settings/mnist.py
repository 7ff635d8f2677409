"""The MNIST experiments of paper 1, section 4."""

import itertools
from collections.abc import Iterator
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
    expanded,
    known,
    ranges,
)
from neuroswitch.settings.rnn import RnnExperiment

Strategy = Literal["neuromodulated", "extra_input", "separate", "no_signal"]
MODULATED = "neuromodulated"
EXTRA_INPUT = "extra_input"
NO_SIGNAL = "no_signal"
Split = Literal["halves", "parity", "random"]
Outputs = Literal[5, 10]
Entry = Literal["hidden", "image"]
Layers = Literal["all", "linear", "hidden"]
Momentum = Annotated[float, Field(ge=0, lt=1)]
EPOCH = "epoch"
Period = PositiveInt | Literal["epoch"]
SEQUENCES = "digit_rows"
"""The task of networks that see images row by row."""
WHOLE_EPOCH = 0
"""A condition's period of an epoch: how many minibatches that is depends on the images."""
Shift = Annotated[float, Field(ge=0)]


def modulation(
    family: str, scale: float, layers: str, pullback: str, bias_shift: float
) -> dict[str, Any]:
    """Return the choices of a modulated condition that the other strategies do not have."""
    return {
        "family": family,
        "scale": scale,
        "layers": layers,
        "pullback": pullback,
        "bias_shift": bias_shift,
        "extra_input_at": UNMODULATED,
    }


def entry(extra_input_at: str) -> dict[str, Any]:
    """Return the same choices of a condition that is not modulated, and where its input enters."""
    nothing = modulation(UNMODULATED, 1.0, UNMODULATED, UNMODULATED, 0.0)
    return nothing | {"extra_input_at": extra_input_at}


def _known_image_set(name: str) -> str:
    return known("image_set", name)


class MnistCondition(Section):
    """One cell of an experiment: everything that its runs have in common."""

    dataset: str
    split: str
    outputs: int
    train_images: int
    test_images: int
    held_out: str
    strategy: str
    extra_input_at: str
    hidden: int
    learning_rate: float
    momentum: float
    batch_size: int
    period: int
    epochs: int
    family: str
    scale: float
    layers: str
    pullback: str
    bias_shift: float
    stream: str


class MnistPrimary(Section):
    """The primary choices, used wherever an experiment does not say otherwise."""

    strategy: Many[Strategy] = Field(
        description="neuromodulated or extra_input (paper 1, section 4), or the controls "
        "separate (a network for each task) and no_signal (one network, no task information)."
    )
    hidden: Many[PositiveInt] = Field(
        description="Units of the hidden layer (paper 1, section 4, varies it; A18)."
    )
    extra_input_at: Many[Entry] = Field(
        description="Where the extra input enters: hidden, a bit joined to the features before the "
        "hidden layer; or image, a constant channel beside the image (A17)."
    )
    outputs: Many[Outputs] = Field(
        description="5, which both tasks share, or 10, one for each digit (A16)."
    )
    learning_rate: Many[Rate] = Field(description="Of SGD (A20).")
    momentum: Many[Momentum] = Field(
        description="Of SGD; what it keeps is transformed at a switch as the weights are (A20)."
    )
    batch_size: PositiveInt = Field(description="Largest minibatch, in images (A20).")
    period: Many[Period] = Field(
        description="Minibatches on a task before the switch; epoch: all of an epoch (A19)."
    )
    epochs: PositiveInt = Field(description="Passes over all training images (A22).")
    modulator: Many[Modulator] = Field(description="Family and scale of M (A24).")
    layers: Many[Layers] = Field(
        description="Layers that M and v act on: all, linear (the two fully connected ones) or "
        "hidden (the hidden one alone; A24)."
    )
    pullback: Many[PullBack] = Field(
        description="How a step taken in f' comes back: inverse (paper 1) or transpose (A25)."
    )
    bias_shift: Many[Shift] = Field(description="Standard deviation of v (A21).")
    held_out: Literal["test", "validation"] = Field(
        description="Images that accuracy is measured on: the test images, or as many of the "
        "last training images, which are then not trained on (A20)."
    )
    runs: PositiveInt = Field(description="Seeds of each condition.")
    runs_per_job: PositiveInt = Field(description="Seeds trained in one job.")
    stream: str = Field(
        description="Name of the random streams: experiments that share it share networks."
    )


class MnistExperiment(Section):
    """What differs from the primary choices."""

    split: Split | None = Field(None, description="Of this experiment alone (A16).")
    strategy: Many[Strategy] | None = None
    hidden: Many[PositiveInt] | None = None
    extra_input_at: Many[Entry] | None = None
    outputs: Many[Outputs] | None = None
    learning_rate: Many[Rate] | None = None
    momentum: Many[Momentum] | None = None
    period: Many[Period] | None = None
    epochs: PositiveInt | None = None
    modulator: Many[Modulator] | None = None
    layers: Many[Layers] | None = None
    pullback: Many[PullBack] | None = None
    bias_shift: Many[Shift] | None = None
    held_out: Literal["test", "validation"] | None = None
    runs: PositiveInt | None = None
    runs_per_job: PositiveInt | None = None
    stream: str | None = None
    figure: FigureName | None = Field(
        None, description="A figure that is drawn of this experiment alone."
    )


class MnistMultiverse(Section):
    """Universes, each one joint draw of the choices that paper 1, section 4, leaves open."""

    universes: PositiveInt = Field(description="How many, from the first of a fixed sequence on.")
    runs: PositiveInt = Field(description="Seeds of each strategy and size of a universe.")
    hidden: Many[PositiveInt] = Field(description="Units of the hidden layer, in every universe.")
    train_images: PositiveInt = Field(description="How many, from the first on.")
    test_images: PositiveInt = Field(description="How many, from the first on.")
    universes_per_job: PositiveInt = Field(description="Universes trained in one job.")
    figure: FigureName | None = Field(None, description="A figure that is drawn of it alone.")


class MnistSettings(Experiments):
    """The images, the primary choices, and the experiments built on them."""

    dataset: Annotated[str, AfterValidator(_known_image_set)] = Field(
        description="An image set: mnist; digits, scikit-learn's 1797 of 8 x 8 pixels, enlarged, "
        "for tests without network; or one of your own. Every table and figure names it."
    )
    folder: Annotated[str, AfterValidator(expanded)] | None = Field(
        description="Folder that already holds MNIST's four files, raw or .gz, and is tried first; "
        "or that of your own images. ~ and environment variables are replaced."
    )
    mirrors: list[str] = Field(
        description="Addresses of folders that hold the four .gz files; tried in this order."
    )
    split: Split = Field(
        description="Tasks: digits 0-4 and 5-9; parity: even and odd digits; random: each seed "
        "draws its own halves (A16)."
    )
    train_images: PositiveInt = Field(description="How many, from the first on; MNIST has 60000.")
    test_images: PositiveInt = Field(description="How many, from the first on; MNIST has 10000.")
    primary: MnistPrimary
    experiments: dict[Name, MnistExperiment] = Field(description="Trained, and kept as tables.")
    multiverses: dict[Name, MnistMultiverse] = Field(
        description="Claims judged in universes: all open choices drawn at once, many times."
    )

    sequences: dict[Name, RnnExperiment] = Field(
        description="Recurrent networks that see images row by row: their task is digit_rows."
    )

    @model_validator(mode="after")
    def _sequences_are_of_images(self) -> "MnistSettings":
        for name, experiment in self.sequences.items():
            if experiment.task != SEQUENCES or experiment.retraining is not None:
                raise ValueError(
                    f"sequences.{name}: the task is {SEQUENCES}, which has no retraining"
                )
        return self

    def count(self, name: str) -> int:
        """Return how many runs an experiment has, or universes a multiverse."""
        if name in self.multiverses:
            return self.multiverses[name].universes
        return super().count(name)

    def chunks(self, name: str) -> list[str]:
        if name in self.multiverses:
            return ranges(self.count(name), self.multiverses[name].universes_per_job)
        return super().chunks(name)

    def described(self, name: str) -> dict[str, Any]:
        """Return an experiment with images and primary choices filled in, as plain values."""
        if name in self.multiverses or name in self.sequences:
            return {"experiment": name} | self.depends_on(name)
        images = self.model_dump(include={"dataset", "train_images", "test_images"})
        split = self.experiment(name).split or self.split
        return super().described(name) | images | {"split": split}

    def depends_on(self, name: str) -> dict[str, Any]:
        if name in self.multiverses:
            own = self.multiverses[name].model_dump(exclude={"universes_per_job", "figure"})
            return own | {"dataset": self.dataset, "batch_size": self.primary.batch_size}
        if name in self.sequences:
            own = self.sequences[name].model_dump(exclude={"runs_per_job", "figure"})
            images = self.model_dump(include={"dataset", "train_images", "test_images"})
            return images | {"runs": self.choice(name, "runs"), "networks_of": own}
        return {
            "runs": self.choice(name, "runs"),
            "conditions": [condition.model_dump() for condition in self.conditions(name)],
        }

    def uses(self, name: str) -> set[tuple[str, str]]:
        if name in self.multiverses:
            # Its priors name families of the module that the code which trains it imports.
            return {("image_set", self.dataset)}
        if name in self.sequences:
            networks = self.sequences[name].networks.values()
            models = {("model", network.model) for network in networks}
            return models | {("image_set", self.dataset), ("task", SEQUENCES)}
        families = {c.family for c in self.conditions(name)} - {UNMODULATED}
        return {("image_set", self.dataset), *(("family", family) for family in families)}

    def conditions(self, name: str) -> list[MnistCondition]:
        """Return every combination of an experiment's choices, in the config's order."""
        return list(self._combinations(name))

    def _combinations(self, name: str) -> Iterator[MnistCondition]:
        axes = ("strategy", "hidden", "learning_rate", "period", "outputs", "momentum")
        for values in itertools.product(*(self.choice(name, axis) for axis in axes)):
            chosen = dict(zip(axes, values, strict=True))
            period = chosen.pop("period")
            for own in self._own_choices(name, chosen["strategy"]):
                yield MnistCondition(
                    dataset=self.dataset,
                    split=self.experiment(name).split or self.split,
                    train_images=self.train_images,
                    test_images=self.test_images,
                    held_out=self.choice(name, "held_out"),
                    batch_size=self.primary.batch_size,
                    period=WHOLE_EPOCH if period == EPOCH else period,
                    epochs=self.choice(name, "epochs"),
                    stream=self.choice(name, "stream"),
                    **chosen,
                    **own,
                )

    def _own_choices(self, name: str, strategy: str) -> list[dict[str, Any]]:
        """Return the combinations of the choices that a strategy alone has."""
        if strategy == MODULATED:
            keys = ("modulator", "layers", "pullback", "bias_shift")
            return [
                modulation(modulator.family, modulator.scale, *others)
                for modulator, *others in itertools.product(*(self.choice(name, k) for k in keys))
            ]
        if strategy == EXTRA_INPUT:
            return [entry(place) for place in self.choice(name, "extra_input_at")]
        return [entry(UNMODULATED)]
