"""Every file in examples/ joins the workflow without an edit of ours, by a configuration alone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from neuroswitch import schemas

EXAMPLES = Path(__file__).parents[2] / "examples"
MADE = {
    "reflection": "paper_figures/reflection/rates_reflected.pdf",
    "implication": "results/implication/gates/implied/success.parquet",
    "bars": "results/bars/mnist/told_apart/accuracy.parquet",
    "gated": "results/gated/rnn/gated_finder/finder_losses.parquet",
    "integration": "paper_figures/integration/integration_integrated.pdf",
    "readiness": "paper_figures/readiness/readiness_early.pdf",
}
"""Example -> what its configuration is for."""


def test_every_example_is_here():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(MADE)
    assert {path.stem for path in EXAMPLES.glob("*.yaml")} == set(MADE)


@pytest.fixture(scope="module")
def together(project, finished, tmp_path_factory):
    """Return a copy in which all examples were made, in one run: each is a part of it.

    It begins with what the finished pipeline has compiled.
    """
    copy = project.copied(tmp_path_factory.mktemp("examples") / "neuroswitch")
    config = {"scale": "examples", "extensions": []}
    for name in MADE:
        own = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
        config["extensions"] += own.pop("extensions")
        del own["scale"]
        for section, content in own.items():
            part = config.setdefault(section, {"experiments": {}})
            part["experiments"] |= content.pop("experiments")
            part |= content
    (copy.folder / "together.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    targets = [path.replace(f"/{name}/", "/examples/", 1) for name, path in MADE.items()]
    result = copy.run("snakemake", *targets, "--configfile", "together.yaml", "--cores", "2")
    assert result.returncode == 0, result.stdout + result.stderr
    assert not (copy.folder / "results/examples/gates/pairs").exists(), "nothing else is trained"
    return copy


@pytest.mark.parametrize("name", MADE)
def test_an_example_makes_what_it_is_for(together, name):
    made = together.folder / MADE[name].replace(f"/{name}/", "/examples/", 1)
    assert made.stat().st_size > 1000


def test_what_examples_declare_is_in_their_tables(together):
    results = together.folder / "results/examples"
    reflected = schemas.read(results / "gates/reflected/success.parquet")
    own = reflected[reflected["family"] == "reflection"]
    # A row for each notion of success.
    assert own["median_condition_number"].tolist() == pytest.approx([1, 1, 1])
    implied = schemas.read(results / "gates/implied/success.parquet")
    assert set(implied["tasks"]) == {"AND/IMPLIES", "IMPLIES"}
    assert set(schemas.read(results / "mnist/told_apart/accuracy.parquet")["dataset"]) == {"bars"}
    found = schemas.read(results / "rnn/gated_finder/finder_losses.parquet")
    assert set(found["network"]) == {"gated", "lstm"}


def test_the_claim_of_an_example_is_judged(together):
    code = (
        "import neuroswitch; neuroswitch.extend('examples/readiness.py'); "
        "rows = neuroswitch.claims.judge('E1', 'results/examples'); "
        "print(rows['role'].tolist(), rows['outcome'].iloc[0])"
    )
    result = together.run_code(code)
    roles, outcome = result.stdout.strip().rsplit("] ", 1)
    assert roles == "['claim', 'part', 'part', 'beside'", result.stderr
    assert outcome in ("supported", "inconclusive", "contradicted")


@pytest.mark.parametrize("name", MADE)
def test_the_configuration_of_an_example_has_what_it_is_for(name):
    code = (
        "from pathlib import Path; from neuroswitch import graph, settings; "
        f"chosen = settings.load(Path('config/laptop.yaml'), Path('examples/{name}.yaml')); "
        f"print({MADE[name]!r} in graph.of(chosen, Path()).recipes)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=EXAMPLES.parent,
        env=os.environ | {"PYTHONPATH": "workflow"},
        capture_output=True,
        text=True,
    )
    assert result.stdout == "True\n", result.stderr


def test_the_page_on_extensions_shows_what_the_examples_hold():
    page = (EXAMPLES.parent / "docs/extending.md").read_text(encoding="utf-8")
    for name, made in MADE.items():
        assert f"../examples/{name}.py" in page
        assert f"`{made}`" in page
    everything = "\n".join(path.read_text(encoding="utf-8") for path in EXAMPLES.iterdir())
    for block in re.findall(r"```python\n(@declare.*?)```", page, re.DOTALL):
        assert block in everything
    assert "\n".join(page.split("```yaml\n")[1].split("```")[0].splitlines()) in everything
