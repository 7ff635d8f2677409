"""What the sections of the configuration share."""

import os
import re
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError, nearest

UNMODULATED = "none"
"""Family and pull-back of a condition that is never transformed."""


class Section(BaseModel):
    """A part of the configuration: immutable, and closed to unknown keys.

    Strict: a whole number is a number, and nothing else is taken for what it is not. YAML reads
    `no` as false and `1e-3` as text, which would otherwise become the seed 0 and 0.001.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Job(Section):
    """What is said of a training beside its experiment."""

    seed: int = Field(ge=0)
    threads: int = Field(ge=1)


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(
            "an experiment names a folder, so its name is a small letter, followed by small "
            "letters, digits and _"
        )
    return text


Name = Annotated[str, AfterValidator(_name)]
"""Of an experiment."""


class Experiments(Section):
    """Primary choices, and experiments that say what differs from them."""

    primary: Any
    experiments: Any

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of experiments: every key of the section that names some."""
        values = [getattr(self, key) for key in type(self).model_fields]
        return [value for value in values if isinstance(value, dict)]

    @model_validator(mode="after")
    def _names_are_free(self) -> Self:
        names = [name for group in self.groups for name in group]
        for name in names:
            if name in type(self).model_fields:
                raise ValueError(
                    f"an experiment is called {name!r}, and so is a key beside `experiments`; "
                    "choose another name"
                )
            if names.count(name) > 1:
                raise ValueError(f"experiments share the name {name}; choose another for one")
        return self

    def experiment(self, name: str) -> Any:
        """Return an experiment of any group by its name. Raises KeyError where none has it."""
        return {known: each for group in self.groups for known, each in group.items()}[name]

    def choice(self, name: str, key: str) -> Any:
        """Return what an experiment says of a key, or else the primary choice."""
        own = getattr(self.experiment(name), key)
        return getattr(self.primary, key) if own is None else own

    def described(self, name: str) -> dict[str, Any]:
        """Return an experiment with the primary choices filled in, as plain values."""
        own = self.experiment(name).model_dump()
        # None leaves a primary choice as it is; elsewhere it is a value, such as no clipping.
        primary = {k: v for k, v in self.primary.model_dump().items() if own.get(k) is None}
        return {"experiment": name} | own | primary

    def depends_on(self, name: str) -> dict[str, Any]:
        """Return what the results of an experiment depend on, as plain values."""
        raise NotImplementedError

    def uses(self, name: str) -> set[tuple[str, str]]:
        """Return kind and name of what has declared itself and an experiment is made with."""
        raise NotImplementedError

    def count(self, name: str) -> int:
        """Return how many runs an experiment has."""
        runs: int = self.choice(name, "runs")
        return runs

    def chunks(self, name: str) -> list[str]:
        """Return the ranges "first-last" of runs, one for each job of an experiment."""
        return ranges(self.count(name), self.choice(name, "runs_per_job"))


def ranges(count: int, step: int) -> list[str]:
    """Return the ranges "first-last" that so many numbers from 0 on fall into.

    >>> ranges(5, 2)
    ['0-1', '2-3', '4-4']
    """
    return [f"{first}-{min(first + step, count) - 1}" for first in range(0, count, step)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _distinct(values: list[Any]) -> list[Any]:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ValueError(f"{value} is listed twice; give each value once")
    return values


def _known_figure(name: str) -> str:
    figures = [each.name for each in index.all_of("figure").values() if each.of_experiments]
    if name not in figures:
        raise ValueError(f"no figure of an experiment is called {name!r}; {nearest(name, figures)}")
    return name


def known(kind: str, name: str) -> str:
    """Return a name that something has declared itself by; raise ValueError where nothing has."""
    try:
        return index.get(kind, name).name
    except NeuroswitchError as failure:
        raise ValueError(str(failure)) from None


def _known_family(family: str) -> str:
    return known("family", family)


def expanded(path: str) -> str:
    """Return a path with ~ and environment variables replaced, as a shell does."""
    expanded = os.path.expanduser(os.path.expandvars(path))
    if unknown := re.search(r"^~[^/]*|\$\w+|\$\{[^}]*\}", expanded):
        raise ValueError(f"{unknown[0]} is no user and no environment variable on this machine")
    return expanded


FigureName = Annotated[str, AfterValidator(_known_figure)]
Rate = Annotated[float, Field(gt=0)]
PullBack = Literal["inverse", "transpose"]
Item = TypeVar("Item")
Many = Annotated[
    list[Item],
    Field(min_length=1),
    BeforeValidator(_as_list, json_schema_input_type=Any),
    AfterValidator(_distinct),
]
"""One value or a list of different ones: the experiment runs every combination."""


class Modulator(Section):
    """A family of matrices M and its scale."""

    family: Annotated[str, AfterValidator(_known_family)]
    scale: float = Field(1.0, gt=0)
