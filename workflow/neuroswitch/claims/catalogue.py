"""config/claims.yaml as typed models: each claim, and how its numbers are taken and judged.

Nothing here reads a table: the rules need it while Snakemake reads them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.ledger import Scalar
from neuroswitch.settings import faults
from neuroswitch.settings.base import Many, Section

WORDS: dict[str, dict[str, str]] = {
    "none": {},
    "after_retraining": {
        "notion": "after_retraining",
        "success": "retrained_success",
        "first": "first_retrained_cycle",
        "accuracy": "final_accuracy",
    },
    "zero_shot": {
        "notion": "zero_shot",
        "success": "zero_shot_success",
        "first": "first_zero_shot_cycle",
        "accuracy": "final_zero_shot_accuracy",
    },
    "as_published": {"variant": "as_published"},
    "corrected": {"variant": "one_protocol"},
}
"""Variant of a claim -> what {words} in its sources stand for."""


def _known_variant(variant: str) -> str:
    if variant not in WORDS:
        raise ValueError(f"no variant is called {variant!r}; {nearest(variant, WORDS)}")
    return variant


Variants = Many[Annotated[str, AfterValidator(_known_variant)]]


class Range(Section):
    """Values of a column from one to another, both included; null: no end."""

    at_least: float | None = None
    at_most: float | None = None


class Source(Section):
    """Numbers from a table: one for each run (or other unit), in one column or several."""

    model_config = ConfigDict(populate_by_name=True)

    table: str = Field(description="Below the folder of results, without ending.")
    experiment: str | None = Field(
        None, description="Whose rows are read, where the folder does not say it."
    )
    where: dict[str, Range | list[Scalar] | Scalar] = Field(
        default_factory=dict,
        description="Column: value, pattern with *, range, or list of values that all occur.",
    )
    value: Many[str] = Field(description="Column, or those that `as` takes.")
    as_: str | None = Field(None, alias="as", description="How a value is made of columns.")
    unit: Many[str] = Field(["run"], description="What a number belongs to.")
    by: Many[str] = Field([], description="Columns that tell groups apart.")
    medians_above: dict[str, float] = Field(
        default_factory=dict, description="Keep groups whose median of a column is above."
    )
    label: str | None = Field(None, description="Of the numbers, where there is one group.")

    @property
    def read_from(self) -> str | None:
        """Return the experiment that trained what the rows are about."""
        folder = self.table.split("/")[-2]
        return self.experiment if folder in ("analysis", "rnn") else folder

    def for_variant(self, variant: str) -> "Source":
        """Return the source with every {word} replaced."""
        return Source.model_validate(
            _replaced(self.model_dump(exclude_defaults=True), WORDS[variant])
        )


class Check(Section):
    """A criterion, and what it is applied to."""

    criterion: str = Field(description="Name of a function of claims/criteria.py.")
    sources: dict[str, Source] = Field(description="Its arguments that come from tables.")
    parameters: dict[str, Scalar] = Field(default_factory=dict, description="The others.")
    need: Literal["all", "any"] = Field("all", description="Of the parts that the check has.")
    same: list[str] = Field([], description="Columns with one value over all sources.")
    differ: list[str] = Field([], description="Columns with another value in every source.")
    label: str | None = Field(None, description="In front of the names of its parts.")


class Measurement(Section):
    """Checks that must all hold, in each of some variants."""

    label: str = Field(description="What the number is.")
    variants: Variants = Field(["none"], description="Each is judged.")
    checks: list[Check] = Field(min_length=1)


class Beside(Section):
    """Another reading, shown and not judged: what differs from the one that is judged."""

    label: str
    variants: Variants | None = None
    checks: list[Check] | None = Field(None, min_length=1)
    where: dict[str, Range | list[Scalar] | Scalar] = Field(
        default_factory=dict, description="Laid over `where` of every source."
    )


class Claim(Section):
    """A claim, the rule that judges it, and what stands beside."""

    id: str = Field(pattern=r"^[SNX]\d+$")
    paper: Literal[0, 1, 2] = Field(description="0: a hypothesis of this project.")
    place: str
    statement: str
    reported: str
    criterion: str = Field(description="In words.")
    calibrated: bool = Field(
        False, description="The configuration was chosen knowing the reported value."
    )
    judged: Measurement
    beside: list[Beside] = Field([], description="Numbers that are shown.")

    @model_validator(mode="after")
    def _labels_differ(self) -> "Claim":
        labels = [one.label for one in self.shown]
        if len(set(labels)) < len(labels):
            raise ValueError(f"two of its numbers beside have one label: {', '.join(labels)}")
        return self

    @property
    def shown(self) -> list[Measurement]:
        """Return the measurements beside, each complete."""
        return [_completed(one, self.judged) for one in self.beside]


def load(path: Path) -> list[Claim]:
    """Read a file of claims.

    Raises
    ------
    NeuroswitchError : every fault found, each with its claim and key
    """
    claims, found = faults.validated(path, Claim)
    faults.refuse(found, f"{path}")
    return claims


def sources(claims: Iterable[Claim]) -> list[Source]:
    """Return every source of some claims, with its words replaced."""
    return [
        source.for_variant(variant)
        for claim in claims
        for measurement in (claim.judged, *claim.shown)
        for variant in measurement.variants
        for check in measurement.checks
        for source in check.sources.values()
    ]


def _completed(beside: Beside, judged: Measurement) -> Measurement:
    checks = [
        check.model_copy(
            update={
                "sources": {
                    name: source.model_copy(update={"where": {**source.where, **beside.where}})
                    for name, source in check.sources.items()
                }
            }
        )
        for check in beside.checks or judged.checks
    ]
    return Measurement(
        label=beside.label, variants=beside.variants or judged.variants, checks=checks
    )


def _replaced(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for word, meaning in words.items():
            value = value.replace(f"{{{word}}}", meaning)
        if "{" in value:
            raise NeuroswitchError(
                f"{value!r} in claims.yaml has a word that its variant does not know; "
                f"known: {', '.join(words) or 'none'}"
            )
        return value
    if isinstance(value, Mapping):
        return {_replaced(key, words): _replaced(part, words) for key, part in value.items()}
    return [_replaced(part, words) for part in value] if isinstance(value, list) else value
