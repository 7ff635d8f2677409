"""What the documents name exists, and what exists is named."""

import re
from pathlib import Path

import pytest
import yaml

from neuroswitch.settings import Settings
from neuroswitch.settings.base import Section

CONFIG = Path("config")
LEDGER = yaml.safe_load((CONFIG / "ambiguities.yaml").read_text(encoding="utf-8"))
README = (CONFIG / "README.md").read_text(encoding="utf-8")


def sections(model=Settings):
    """Yield every section of the configuration."""
    yield model
    for field in model.model_fields.values():
        for part in re.findall(r"settings\.\w+\.(\w+)", str(field.annotation)):
            for section in Section.__subclasses__():
                if section.__name__ == part:
                    yield from sections(section)


@pytest.mark.parametrize("section", sorted(set(sections()), key=str), ids=lambda s: s.__name__)
def test_the_readme_of_the_configuration_names_every_key(section):
    for key in section.model_fields:
        assert re.search(rf"`([\w.<>]+\.)?{key}(\.<name>|\.\w+)?`", README), key


def test_the_readme_names_every_experiment_of_the_default_configuration():
    config = yaml.safe_load((CONFIG / "laptop.yaml").read_text(encoding="utf-8"))
    rooms = [config[room]["experiments"] for room in ("gates", "mnist", "rnn")]
    for name in (
        *config["gates"]["sweeps"],
        *config["gates"]["traces"],
        *(name for room in rooms for name in room),
    ):
        assert f"`{name}`" in README, name


def test_every_ambiguity_that_is_cited_is_in_the_ledger():
    known = {entry["id"] for entry in LEDGER}
    library = Path("workflow/neuroswitch")
    for text in (README, *(path.read_text(encoding="utf-8") for path in library.rglob("*.py"))):
        for cited in re.findall(r"\b(?:ambiguity |\(|, |; )(A\d+)\b", text):
            assert cited in known


def test_the_ledger_points_to_files_that_exist():
    for entry in LEDGER:
        for place in re.findall(r"workflow/[\w/.]+\.py", entry["where"]):
            assert Path(place).exists(), place


def test_the_conda_environment_has_the_pins_of_the_lock():
    lock = dict(
        line.lower().split("==")
        for line in Path("envs/lock.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    (pip,) = (
        entry["pip"]
        for entry in yaml.safe_load(Path("envs/neuroswitch.yaml").read_text(encoding="utf-8"))[
            "dependencies"
        ]
        if isinstance(entry, dict)
    )
    assert len(pip) > 10
    for pin in pip:
        name, version = pin.lower().split("==")
        assert lock[name] == version


def test_every_direct_requirement_is_locked():
    locked = Path("envs/lock.txt").read_text(encoding="utf-8").lower()
    for line in Path("envs/requirements.txt").read_text(encoding="utf-8").lower().splitlines():
        if line and not line.startswith("#"):
            name = re.split(r"[<>=]", line)[0]
            assert f"\n{name.replace('_', '-')}==" in locked.replace("_", "-"), name
