"""The configuration as typed models: unknown keys and impossible values are errors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.settings.base import Section
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
        faults = "\n".join(f"  {_explain(fault)}" for fault in failure.errors())
        raise NeuroswitchError(
            f"the configuration has {failure.error_count()} fault(s):\n{faults}\n"
            "config/README.md names every key."
        ) from None


def load(*paths: Path) -> Settings:
    """Read YAML files, later ones overriding earlier ones key by key, and validate them."""
    merged: dict[str, Any] = {}
    for path in paths:
        _merge(merged, yaml.safe_load(path.read_text()))
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


def _explain(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(fault["loc"])
        return f"{where}: unknown key; {nearest(str(fault['loc'][-1]), known)}"
    if fault["type"] == "missing":
        return f"{where}: this key is required"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {message} (found {fault['input']!r})"


def _keys_beside(location: tuple[Any, ...]) -> list[str]:
    """Return the keys known where an unknown one was found."""
    model: Any = Settings
    for part in location[:-1]:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = _section_of(model.model_fields[part].annotation)
    return list(model.model_fields)


def _section_of(annotation: Any) -> Any:
    """Return the Section inside an annotation such as `dict[str, list[Section]]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _section_of(argument)
        if found is not None:
            return found
    return None
