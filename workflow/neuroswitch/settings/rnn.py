"""The experiments of paper 2: tasks, networks, and how they are trained."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from neuroswitch.errors import nearest
from neuroswitch.settings.base import Experiments, FigureName, Name, Rate, Section, expanded, known

TaskName = Annotated[str, AfterValidator(partial(known, "task"))]
ModelName = Annotated[str, AfterValidator(partial(known, "model"))]
Variant = Literal["as_published", "one_protocol", "both"]


def _named_device(device: str) -> str:
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise ValueError("a device is cpu, cuda, or cuda:N where N counts GPUs from 0")
    return device


class Network(Section):
    """A network of an experiment; its channels follow from the task."""

    model: ModelName = Field(
        description="low_rank (with modulators the NM-RNN), vanilla or lstm (paper 2, section 2), "
        "gru, minimal_gru, nbrc, xdg, tsuda, reservoir or switched, or a model of an extension."
    )
    units: PositiveInt = Field(description="N (paper 2, appendix).")
    rank: PositiveInt = Field(1, description="R, of a low_rank network.")
    modulators: int = Field(0, ge=0, description="M, units of z; 0: a low-rank RNN.")
    feedback: bool = Field(False, description="z sees the rates of x (element finder).")
    orthonormal: bool = Field(True, description="Q is the orthonormal factor of U, or U itself.")
    divided: bool = Field(False, description="The recurrence is divided by N (A44).")
    linear: bool = Field(False, description="x is linear, as in the theory of rank 1.")
    readout_bias: bool = Field(True, description="The readout has a bias; an LSTM's never has.")
    tau_x: PositiveFloat = Field(10.0, description="Time constant of x, in steps.")
    tau_z: PositiveFloat = Field(100.0, description="Time constant of z, in steps.")
    narrow: bool = Field(False, description="Start with the element finder's scales.")
    options: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="Values of the model's own fields."
    )
    like: str | None = Field(
        None, description="Train by the `training` of this name in place of the experiment's own."
    )

    @property
    def gain(self) -> float:
        """Return the factor of the recurrence."""
        return 1 / self.units if self.divided else 1.0


class Stage(Section):
    """Some steps of training at one learning rate."""

    steps: PositiveInt
    learning_rate: Rate
    trained: Literal[
        "all",
        "recurrence",
        "modulator",
        "input_pathway",
        "inputs_and_readout",
    ] = Field("all", description="The parameters that are not frozen.")


class Training(Section):
    """A protocol: what is drawn, and how it is descended on."""

    stages: list[Stage] = Field(min_length=1)
    trials: PositiveInt | None = Field(
        None, description="Size of a set drawn once; null: every step draws fresh trials."
    )
    batch: PositiveInt | None = Field(
        None, description="Trials of a step; null: the whole set, or all trials of the task."
    )
    noise: float = Field(0.0, ge=0, description="Standard deviation of noise on the inputs.")
    noise_on: Literal["all", "old_contexts"] = Field(
        "all",
        description="Input channels with noise: all, or in a retraining the contexts of the tasks "
        "trained before alone.",
    )
    restart: PositiveInt | None = Field(
        None,
        description="Steps after which Adam forgets, the same minibatches come again, and the "
        "parameters are kept if the last loss is the lowest so far; null: none of it.",
    )
    keep_best: PositiveInt | None = Field(
        None,
        description="Steps n: after every n steps their mean loss is taken, and the parameters "
        "after the lowest mean are kept beside the last ones; null: the last are kept alone.",
    )
    clip: PositiveFloat | None = Field(1.0, description="Largest gradient of a parameter.")
    weight_decay: float = Field(1e-4, ge=0, description="Of AdamW, on every trained parameter.")
    epsilon: PositiveFloat = Field(1e-8, description="Of Adam.")

    @model_validator(mode="after")
    def _kept_once(self) -> "Training":
        if self.keep_best is not None and self.keep_best > self.steps:
            raise ValueError(
                f"keep_best is {self.keep_best} steps, and the stages have {self.steps} together; "
                "keep_best must be as many at most"
            )
        return self

    @property
    def steps(self) -> int:
        """Return the steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    def at(self, rate: float, steps: int | None = None) -> "Training":
        """Return the protocol with another learning rate, and other steps of each stage."""
        changed = {"learning_rate": rate} | ({"steps": steps} if steps else {})
        stages = [stage.model_copy(update=changed) for stage in self.stages]
        return self.model_copy(update={"stages": stages})


class RateSearch(Section):
    """How the learning rate of each network is chosen: short trainings of held-out runs."""

    learning_rates: list[Rate] = Field(min_length=1, description="Of which one is chosen.")
    runs: PositiveInt = Field(description="Held-out runs, numbered after those that are judged.")
    steps: PositiveInt = Field(description="Of each stage of a short training.")


class RnnPrimary(Section):
    """The primary choices, used wherever an experiment does not say otherwise."""

    runs: PositiveInt = Field(description="Seeds of each network (paper 2: 10).")
    runs_per_job: PositiveInt = Field(description="Seeds trained in one job.")
    recorded_steps: PositiveInt = Field(description="Steps of a training whose loss is kept.")
    test_trials: PositiveInt = Field(
        description="Trials of each task in the test, where the task does not fix them (A31, A38)."
    )


def _existing(path: object) -> Path | None:
    if path is None:
        return None
    found = Path(expanded(str(path)))
    if not found.is_file():
        raise ValueError(
            f"there is no file {found}; expected an array .npy, its path relative to the folder in "
            "which the command is run"
        )
    return found


class RnnMultitask(Section):
    """What there is to be said of multitask beside its experiments."""

    test_file: Annotated[Path | None, BeforeValidator(_existing)] = Field(
        None,
        description="Inputs [trials, 100, 6 or 7] that networks are scored on as well: fixation, "
        "sine, cosine, and the context of each task, one-hot.",
    )


class RnnExperiment(Section):
    """One task, one variant, and the networks compared."""

    task: TaskName
    variant: Variant
    alternative: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name of the choice in which it differs from the experiment of its variant: "
        "its rows have the variant `<variant>:<alternative>`, and are in no figure of the paper's.",
    )
    networks: dict[str, Network] = Field(min_length=1)
    training: Training
    retraining: Training | None = Field(
        None, description="Of the input pathway, on the task held out (multitask)."
    )
    trainings: dict[str, Training] = Field(
        default_factory=dict, description="Protocols that a network can ask for instead."
    )
    retrainings: dict[str, Training] = Field(default_factory=dict)
    search: RateSearch | None = Field(
        None,
        description="The training of each network has a learning rate that is chosen for it, in "
        "place of its own.",
    )
    runs: PositiveInt | None = None
    runs_per_job: PositiveInt | None = None
    recorded_steps: PositiveInt | None = None
    test_trials: PositiveInt | None = None
    figure: FigureName | None = Field(
        None, description="A figure that is drawn of this experiment alone."
    )

    @model_validator(mode="after")
    def _protocols_exist(self) -> "RnnExperiment":
        for name, network in self.networks.items():
            names = {*self.trainings, *self.retrainings}
            if network.like is not None and network.like not in names:
                raise ValueError(
                    f"networks.{name}.like: no training is called {network.like!r}; "
                    f"{nearest(network.like, names)}"
                )
        return self

    @property
    def label(self) -> str:
        """Return the variant that the rows of its tables have."""
        return f"{self.variant}:{self.alternative}" if self.alternative else self.variant

    def protocol(self, network: str, phase: str) -> Training | None:
        """Return how a network is trained in a phase, `training` or `retraining`."""
        like = self.networks[network].like
        if phase == "training":
            return self.trainings.get(like or "", self.training)
        return self.retrainings.get(like or "", self.retraining) if self.retraining else None

    def at_rates(self, rates: Mapping[str, float], steps: int | None = None) -> "RnnExperiment":
        """Return the experiment with a learning rate for the training of each network.

        Parameters
        ----------
        rates : name of a network -> its learning rate
        steps : of each stage; None: as many as there are
        """
        networks, trainings, retrainings = {}, {}, {}
        for name, rate in rates.items():
            training, retraining = (self.protocol(name, p) for p in ("training", "retraining"))
            assert training is not None, "every network is trained"
            networks[name] = self.networks[name].model_copy(update={"like": name})
            trainings[name] = training.at(rate, steps)
            if retraining is not None:
                retrainings[name] = retraining
        changed = {"networks": networks, "trainings": trainings, "retrainings": retrainings}
        return self.model_copy(update=changed)

    @property
    def search_steps(self) -> int:
        """Return the steps of all short trainings that choose learning rates."""
        if self.search is None:
            return 0
        tried = self.at_rates(dict.fromkeys(self.networks, 1.0), self.search.steps).trainings
        of_a_rate = self.search.runs * sum(protocol.steps for protocol in tried.values())
        return len(self.search.learning_rates) * of_a_rate


class RnnSettings(Experiments):
    """The engine, the primary choices, and the experiments."""

    engine: Literal["compiled", "torch"] = Field(
        description="compiled: kernels for the processor; torch: PyTorch's own differentiation."
    )
    device: Annotated[str, AfterValidator(_named_device)] = Field(
        description="Of the engine torch: cpu, cuda, cuda:1."
    )
    primary: RnnPrimary
    multitask: RnnMultitask = RnnMultitask(test_file=None)
    experiments: dict[Name, RnnExperiment] = Field(description="Trained, and kept as tables.")

    def depends_on(self, name: str) -> dict[str, Any]:
        experiment = self.experiment(name)
        return {
            "runs": self.choice(name, "runs"),
            "recorded_steps": self.choice(name, "recorded_steps"),
            "experiment": experiment.model_dump(exclude={"runs_per_job", "test_trials", "figure"}),
            "engine": self.engine,
        }

    def uses(self, name: str) -> set[tuple[str, str]]:
        experiment = self.experiment(name)
        models = {("model", network.model) for network in experiment.networks.values()}
        return models | {("task", experiment.task)}

    @model_validator(mode="after")
    def _device_is_used(self) -> "RnnSettings":
        if self.engine == "compiled" and self.device != "cpu":
            raise ValueError(
                f"the engine compiled runs on the cpu alone; for the device {self.device} "
                "set rnn.engine: torch"
            )
        return self
