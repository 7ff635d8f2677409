"""The configuration as typed models: unknown keys and impossible values are errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from neuroswitch.errors import NeuroswitchError
from neuroswitch.settings.base import Section
from neuroswitch.settings.faults import explained
from neuroswitch.settings.gates import GateSettings
from neuroswitch.settings.mnist import MnistSettings
from neuroswitch.settings.rnn import RnnSettings


class Settings(Section):
    """Everything a run of the pipeline depends on."""

    scale: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name of this configuration; folder under results/ and paper_figures/.",
    )
    seed: int = Field(ge=0, description="Root of every random stream.")
    gates: GateSettings
    mnist: MnistSettings
    rnn: RnnSettings


def validate(config: Mapping[str, Any]) -> Settings:
    """Return the typed configuration.

    Raises
    ------
    NeuroswitchError : every fault found, each with its key and, for a typo, the near match
    """
    try:
        return Settings.model_validate(config)
    except ValidationError as failure:
        faults = "\n".join(f"  {fault}" for fault in explained(failure, Settings))
        raise NeuroswitchError(
            f"the configuration has {failure.error_count()} fault(s):\n{faults}\n"
            "config/README.md names every key."
        ) from None


def load(*paths: Path) -> Settings:
    """Read YAML files, later ones overriding earlier ones key by key, and validate them."""
    merged: dict[str, Any] = {}
    for path in paths:
        _merge(merged, yaml.safe_load(path.read_text(encoding="utf-8")))
    return validate(merged)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration, for editors."""
    return Settings.model_json_schema()


def _merge(base: dict[str, Any], update: Mapping[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
