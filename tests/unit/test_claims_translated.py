"""Every claim in Python finds what its entry of config/claims.yaml found, to the last digit.

Temporary: it goes when the entries of YAML do.
"""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroswitch import index, recipes, schemas, seeds
from neuroswitch.claims import catalogue
from neuroswitch.claims.judging import verdict

RESULTS = Path("results/paper")
OF_YAML = {claim.id: claim for claim in catalogue.load(Path("config/claims.yaml"))}
DECLARED = {
    declared.name: declared
    for file in sorted(index.JUDGED_BY_YAML)
    for declared in index.declared_in(f"neuroswitch.claims.{file.stem}", file)
}
VARIANT_OF_YAML = {"published": "as_published", "corrected": "corrected"}
NUMBERS = ["value", "low", "high", "n"]


def variant_of_yaml(name, variant):
    """Return what config/claims.yaml calls a variant; None is that of a claim without variants."""
    return VARIANT_OF_YAML[variant] if variant else OF_YAML[name].judged.variants[0]


def findings(name, variant, read):
    """Return what a claim finds, with the generator that YAML gives it."""
    declared = DECLARED[name]
    function = declared.load()
    tables = {
        argument: read([path.replace("{variant}", variant or "") for path in paths])
        for argument, paths in declared.reads.items()
    }
    if "variant" in inspect.signature(function).parameters:
        tables["variant"] = variant
    made, _ = recipes.read(RESULTS / "recipes.json")
    (judge,) = (recipe for recipe in made if recipe.rule == "judge")
    label = declared.arguments["quantity"]
    stream = ("claims", name, label, variant_of_yaml(name, variant))
    return function(**tables, rng=seeds.generator(judge.options["root_seed"], *stream))


def of_results(paths):
    """Read stored tables as one."""
    return schemas.read_together([RESULTS / f"{path}.parquet" for path in paths])


@pytest.fixture(scope="module")
def verdicts():
    """Return the stored verdicts, which the entries of YAML gave."""
    return pd.read_parquet(RESULTS / "verdicts/verdicts.parquet")


CASES = [
    (name, variant)
    for name, declared in DECLARED.items()
    for variant in declared.arguments.get("variants") or (None,)
]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_claim_finds_what_its_entry_found(name, variant, verdicts):
    found = findings(name, variant, of_results)
    named = DECLARED[name].arguments["quantity"]
    own = verdicts[verdicts["claim"] == name]
    own = own[own["variant"] == variant_of_yaml(name, variant)]
    (judged,) = own[own["role"] == "judged"].to_dict("records")
    decisive = min(found, key=lambda finding: finding.rank)
    label = judged["label"].removeprefix(named).removeprefix(": ")
    assert label == decisive.label or (label == "" and len(found) == 1)
    calibrated = DECLARED[name].arguments.get("calibrated", False)
    assert verdict(decisive, calibrated) == judged["verdict"]
    same_numbers(decisive, judged)
    for part in found if len(found) > 1 else ():
        label = f"{named}: {part.label}"
        rows = own[(own["role"] == "beside") & (own["label"] == label)].to_dict("records")
        same_numbers(part, rows[0])


def same_numbers(finding, row):
    """Assert that a finding has the numbers of a row of the verdicts."""
    found = [getattr(finding, column) for column in NUMBERS]
    np.testing.assert_array_equal(found, [row[column] for column in NUMBERS])
    assert finding.interval == row["interval"]
    np.testing.assert_array_equal(finding.null, row["null"])


def test_every_claim_and_variant_is_translated():
    assert list(DECLARED) != []
    asked = {(n, v) for n, c in OF_YAML.items() for v in c.judged.variants}
    assert {(name, variant_of_yaml(name, variant)) for name, variant in CASES} == asked


@pytest.mark.parametrize("name", OF_YAML)
def test_a_claim_says_in_words_what_its_entry_says(name):
    entry, said = OF_YAML[name], DECLARED[name].arguments
    assert said["quantity"] == entry.judged.label
    assert said.get("place", "ours") == entry.place
    assert said.get("paper", 0) == entry.paper
    assert said.get("calibrated", False) == entry.calibrated
    for text in ("statement", "reported", "criterion"):
        assert said[text] == getattr(entry, text)
