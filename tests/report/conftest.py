"""A small project with invented tables, verdicts and figures, and what is reported of it."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuroswitch import manifest, recipes, schemas, settings, store
from neuroswitch.recipes import Recipe
from neuroswitch.reporting import facts
from neuroswitch.schemas.columns import VECTOR, Schema
from tests.report import invented
from tests.report.invented import ROOT, TEXTS

TABLES = {
    "analyse_success": ["gates/pairs/success"],
    "train_gates pairs": ["gates/pairs/runs"],
    "train_gates modulators": ["gates/modulators/runs"],
    "analyse_measure_wait_go": ["rnn/measure_wait_go_one_protocol/timing_losses"],
    "judge": ["verdicts/verdicts", "verdicts/sensitivity"],
}


@dataclass(frozen=True)
class Invented:
    """A folder with results, and the recipes and facts of them."""

    folder: Path
    made: list[Recipe]
    facts: facts.Facts


def rows(schema: Schema, count: int = 3) -> pd.DataFrame:
    """Return rows that a schema allows, and that mean nothing."""
    values = {"string": "a", "double": 0.5, "float": 0.5, "bool": True}
    return pd.DataFrame(
        {
            column.name: [np.ones(2) * i for i in range(count)]
            if column.type == VECTOR
            else [f"a{i}" for i in range(count)]
            if column.type == "string"
            else [values.get(column.type, i) for i in range(count)]
            for column in schema.columns
        }
    )


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Invented:
    """Return the small project; paths in its facts are relative to its folder."""
    folder = tmp_path_factory.mktemp("invented")
    before = Path.cwd()
    os.chdir(folder)
    try:
        return _invent(folder)
    finally:
        os.chdir(before)


def _invent(folder: Path) -> Invented:
    root = Path("results/laptop")
    invented.write(root / "verdicts")
    made = []
    for name, paths in TABLES.items():
        rule, _, experiment = name.partition(" ")
        outputs = tuple(f"{root}/{path}.parquet" for path in paths)
        inputs = () if experiment else ("results/laptop/gates/pairs/runs.parquet",)
        made.append(Recipe(rule, "invented", outputs, inputs, experiment))
        for path in map(Path, outputs):
            if not path.exists():
                store.write(rows(schemas.of(path)), path, schemas.of(path), invented.FOOTER)
    for name in ("figure3", "modulators", "measure_wait_go"):
        files = tuple(f"paper_figures/laptop/{name}.{kind}" for kind in ("pdf", "svg", "png"))
        made.append(Recipe(f"draw_{name}", "invented", files, made[0].outputs))
        Path(files[0]).parent.mkdir(parents=True, exist_ok=True)
        for path in files:
            Path(path).touch()
        Image.new("RGB", (60, 40), "white").save(files[2])
    of_file = recipes.by_output(made)
    listed = manifest.entries(of_file, recipes.tables(made))
    manifest.write(root / "manifest.tsv", listed)
    chosen = settings.load(ROOT / "config/laptop.yaml")
    return Invented(
        folder,
        made,
        facts.gather(
            chosen,
            chosen.model_dump(),
            made,
            listed,
            ledger_path=ROOT / "config/ambiguities.yaml",
            records=ROOT / "config/costs.tsv",
            benchmarks=ROOT / "results/benchmarks/rnn.csv",
            first_round=root / "verdicts/first_round.csv",
            caption_folder=TEXTS,
        ),
    )
