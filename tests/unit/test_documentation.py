"""What the documents name exists, and what exists is named."""

import ast
import importlib.util
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import get_args, get_origin

import pytest
import yaml

from neuroswitch import index, settings
from neuroswitch.ledger import Ambiguity
from neuroswitch.settings import Settings
from neuroswitch.settings.base import Section

CONFIG = Path("config")
LEDGER = yaml.safe_load((CONFIG / "ambiguities.yaml").read_text(encoding="utf-8"))
README = (CONFIG / "README.md").read_text(encoding="utf-8")


def parts(annotation):
    """Yield every section that an annotation holds, with how a key below it is written."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield "", annotation
    named = ".<name>" if get_origin(annotation) is dict else ""
    for inner in get_args(annotation):
        yield from ((named + way, section) for way, section in parts(inner))


def keys(model, place=""):
    """Yield every key of a section and of those below it, as `gates.primary.layers`."""
    for name, field in model.model_fields.items():
        key = f"{place}.{field.alias or name}".removeprefix(".")
        yield key
        for way, section in parts(field.annotation):
            yield from keys(section, key + way)


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


def documented():
    """Return every key of the configuration that the README names, below its heading's place."""
    found = set()
    for heading, body in re.findall(r"^##+ (.*)\n((?:(?!##).*\n?)*)", README, re.MULTILINE):
        if ".yaml" in heading or heading == "Configuration":
            continue
        (rows,) = re.findall(r"^\| key \|.*\n\|[-|]+\n((?:\|.*\n)+)", body, re.MULTILINE) or [""]
        own = {key for row in rows.splitlines() for key in quoted(row.split("|")[1])}
        inherited = re.search(r"^Any key of `(.+?)`(?: except (.+?))?, and(.*)", body, re.MULTILINE)
        if inherited:
            other, left_out, also = inherited.groups(default="")
            theirs = {key.removeprefix(f"{other}.") for key in found if key.startswith(f"{other}.")}
            left_out = quoted(left_out)
            own |= {key for key in theirs if key not in left_out} | set(quoted(also))
        for place in quoted(heading) or [""]:
            found |= {f"{place}.{key}".removeprefix(".") for key in own}
    # A key that has keys below it is named by them.
    return {key[:end] for key in found for end in ends(key)} - {""}


def ends(key):
    """Yield where a key and every key that it lies below end, `.<name>` being no key."""
    for match in re.finditer(r"\w+(?=\.|$)", key):
        yield match.end()


def test_the_readme_of_the_configuration_names_every_key_and_no_other():
    assert documented() == set(keys(Settings))


def test_the_readme_names_every_key_of_the_ledger():
    (described,) = re.findall(
        r"^## `ambiguities.yaml`.*\n((?:(?!## ).*\n?)*)", README, re.MULTILINE
    )
    lacking = {key.rpartition(".")[2] for key in keys(Ambiguity)} - set(quoted(described))
    assert not lacking


def test_the_readme_names_every_experiment_of_the_default_configuration():
    config = yaml.safe_load((CONFIG / "laptop.yaml").read_text(encoding="utf-8"))
    named = [
        name
        for section in ("gates", "mnist", "rnn")
        for group, content in config[section].items()
        if group.endswith("s") and isinstance(content, dict)
        for name in content
    ]
    assert {"pairs", "second_round", "reconstructed", "sequential", "element_finder"} <= set(named)
    assert [name for name in named if f"`{name}`" not in README] == []


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


def locked():
    """Return the version of every package in the lock; names are in small letters, with hyphens."""
    lines = Path("envs/lock.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.split("==") for line in lines if "==" in line)
    return {name.lower().replace("_", "-"): version for name, version in pins}


def required(*names):
    """Yield the packages that the project asks for itself, named as `locked` does."""
    for name in names:
        for line in Path(f"envs/{name}.txt").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                yield re.split(r"[<>=]", line)[0].lower().replace("_", "-")


def test_the_conda_environment_has_the_pins_of_the_lock():
    content = yaml.safe_load(Path("envs/neuroswitch.yaml").read_text(encoding="utf-8"))
    (pip,) = (entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict))
    pins = dict(pin.lower().split("==") for pin in pip)
    assert pins.items() <= locked().items()
    assert set(pins) == imported() <= set(required("requirements"))


def imported():
    """Return the packages that the library and the scripts of jobs import, by name."""
    folders = (Path("workflow/neuroswitch").rglob("*.py"), Path("workflow/scripts").glob("*.py"))
    nodes = [
        node
        for path in chain(*folders)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    named = {alias.name for each in nodes if isinstance(each, ast.Import) for alias in each.names}
    named |= {each.module for each in nodes if isinstance(each, ast.ImportFrom)}
    modules = {name.partition(".")[0] for name in named}
    packages = packages_distributions()
    others = modules - set(sys.stdlib_module_names) - {"neuroswitch"}
    return {packages[name][0].lower().replace("_", "-") for name in others}


def test_pixi_has_every_requirement_with_the_pin_of_the_lock():
    content = tomllib.loads(Path("pixi.toml").read_text(encoding="utf-8"))
    pins = {
        name.lower(): version.removeprefix("==")
        for name, version in content["pypi-dependencies"].items()
    }
    assert pins == {name: locked()[name] for name in required("requirements", "development")}
    for task in content["tasks"].values():
        module = task.split()[2]
        assert importlib.util.find_spec(module), module


def test_the_packages_of_the_documentation_are_not_in_the_lock():
    """Each has one place where its version stands."""
    text = Path("docs/requirements.txt").read_text(encoding="utf-8")
    named = {line.split("==")[0].lower().replace("_", "-") for line in text.splitlines()[1:]}
    assert named
    assert not named & set(locked())


def test_every_direct_requirement_is_locked():
    assert set(required("requirements", "development")) <= set(locked())


def test_the_picture_of_the_structure_has_every_declaration():
    drawn = Path("docs/structure.svg").read_text(encoding="utf-8")
    for kind in ("training", "analysis", "figure"):
        for name in index.all_of(kind):
            assert f">{name}</text>" in drawn, "run `make picture`"


def test_the_page_for_developers_names_files_and_functions_that_exist():
    page = Path("docs/developing.md").read_text(encoding="utf-8")
    library = Path("workflow/neuroswitch")
    for file, names in re.findall(r"`([\w/]+\.py): ([\w, ]+)`", page):
        text = (library / file).read_text(encoding="utf-8")
        for name in names.split(", "):
            assert f"def {name}(" in text or name == "experiment", (file, name)


@pytest.mark.parametrize("page", [*Path("docs").glob("*.md")], ids=str)
def test_configurations_that_a_page_shows_are_accepted(page):
    """Those with extensions are in examples/, too, and are trained by other tests."""
    for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        if "experiments:" in block:
            shown = settings.merged(CONFIG / "laptop.yaml", yaml.safe_load(block))
            assert shown["extensions"] or settings.validate(shown)


@pytest.mark.parametrize(
    "page", [*Path().glob("*.md"), *Path("docs").glob("*.md"), Path("config/README.md")], ids=str
)
def test_links_lead_to_files_that_exist(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:|#|mailto:", target):
            assert (page.parent / target.partition("#")[0]).exists(), target
