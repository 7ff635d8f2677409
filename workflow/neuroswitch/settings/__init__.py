"""The configuration as typed models: unknown keys and impossible values are errors."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError
from neuroswitch.settings import files
from neuroswitch.settings.base import Section
from neuroswitch.settings.faults import explained
from neuroswitch.settings.gates import GateSettings
from neuroswitch.settings.mnist import MnistSettings
from neuroswitch.settings.rnn import RnnSettings

DEFAULT = Path(__file__).parents[1] / "config/laptop.yaml"
"""The folder is a link to the project's own, and part of the package once that is installed."""


SECTIONS = ("gates", "mnist", "rnn")
"""Keys of the configuration that have experiments; two of them may give one the same name."""


class Settings(Section):
    """Everything a run of the pipeline depends on."""

    scale: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name of this configuration; folder under results/ and paper_figures/.",
    )
    seed: int = Field(ge=0, description="Root of every random stream.")
    extensions: list[str] = Field(
        [], description="Python files, or folders of them, whose declarations join ours."
    )
    gates: GateSettings
    mnist: MnistSettings
    rnn: RnnSettings

    @property
    def experiments(self) -> list[str]:
        """Return the names of all experiments, of every section."""
        return [name for section in SECTIONS for name in self.experiments_of(section)]

    def experiments_of(self, section: str) -> list[str]:
        """Return the names of all experiments of a section."""
        return [name for group in getattr(self, section).groups for name in group]

    @property
    def asking(self) -> dict[tuple[str, str], str]:
        """Return the figure that an experiment asks for, by its section and name."""
        return {
            (section, name): each.figure
            for section in SECTIONS
            for group in getattr(self, section).groups
            for name, each in group.items()
            if each.figure
        }


def validate(config: Mapping[str, Any]) -> Settings:
    """Return the typed configuration, whose extensions are known from then on.

    Raises
    ------
    NeuroswitchError : every fault found, each with its key and, for a typo, the near match; or an
        extension cannot be read
    """
    named = config.get("extensions", [])
    if isinstance(named, list) and all(isinstance(path, str) for path in named):
        index.extend(named)
    try:
        return Settings.model_validate(config)
    except ValidationError as failure:
        faults = "\n".join(f"  {fault}" for fault in explained(failure, Settings, config))
        raise NeuroswitchError(
            f"the configuration has {failure.error_count()} fault(s):\n{faults}\n"
            "config/README.md names every key."
        ) from None


def load(*paths: Path) -> Settings:
    """Read YAML files, later ones overriding earlier ones key by key, and validate them.

    Raises
    ------
    NeuroswitchError : as `check_files` and `validate`
    """
    return validate(_together(map(read, paths)))


@cache
def default() -> Settings:
    """Return the configuration of config/laptop.yaml, whose primary choices are the defaults."""
    return load(DEFAULT)


def merged(base: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration laid over that of a file, key by key.

    Raises
    ------
    NeuroswitchError : it has keys and none is `scale`: its results would take the place of those
        of the base
    """
    if config and "scale" not in config:
        raise NeuroswitchError(
            f"the configuration says what differs from {base.name}, and has no name of its own; "
            "add a line such as `scale: mine`, which names the folder of its results"
        )
    return _together((read(base), config))


def check_files(paths: Iterable[Path]) -> None:
    """Check files of a configuration as files, where Snakemake reads and merges them itself.

    Raises
    ------
    NeuroswitchError : a file cannot be read, is no YAML, has a key twice or holds no keys
    """
    for path in paths:
        read(path)


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration, for editors."""
    return Settings.model_json_schema()


def read(path: Path) -> Mapping[str, Any]:
    """Return what a file of a configuration says. Raises as `check_files`."""
    content = files.read(path)
    if isinstance(content, Mapping) and content:
        return content
    found = "a list" if isinstance(content, list) else repr(content)
    raise NeuroswitchError(
        f"{path} is no configuration: expected keys with their values, such as `seed: 0`, and "
        f"found {found if content else 'nothing, or only comments'}; config/README.md names every "
        "key"
    )


def _together(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one configuration of several, later ones overriding earlier ones key by key."""
    together: dict[str, Any] = {}
    for layer in layers:
        _merge(together, layer)
    return together


def _merge(base: dict[str, Any], update: Mapping[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
