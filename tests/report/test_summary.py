"""REPRODUCTION.md and the captions: order, tables, and nothing that no table says."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from neuroswitch import costs, index, recipes, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.provenance import VERSION
from neuroswitch.reporting import captions, expenses, facts, render
from tests.report.invented import ROOT, TEXTS
from workflow import readme

CONFIG = settings.load(ROOT / "config/laptop.yaml").model_dump()
DRAWN = [name for name, each in index.all_of("figure").items() if not each.of_experiments]
"""Figures that are drawn once, whatever the experiments ask for."""
UNDRAWN = {"N15"}
"""A ratio of two times, which a table says and no figure shows."""


def test_sections_are_in_the_order_of_the_reproducibility_challenge(results):
    text = render.summary(results.facts, TEXTS)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "Scope of reproducibility",
        "Methodology",
        "Results",
        "What was easy",
        "What was difficult",
    ]


def test_every_table_of_the_summary_is_one(results):
    text = render.summary(results.facts, TEXTS)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        lines = block.splitlines()
        widths = {len(re.findall(r"(?<!\\)\|", line.rstrip())) for line in lines}
        assert len(widths) == 1, lines[0]
        assert set(lines[1]) <= set("|-: "), lines[1]


def test_the_summary_has_every_verdict_and_marks_flips(results):
    text = render.summary(results.facts, TEXTS)
    for claim in results.facts.claims:
        for row in claim.judged:
            variant = "" if row["variant"] == "none" else f", {row['variant'].replace('_', ' ')}"
            line = next(t for t in text.splitlines() if t.startswith(f"| {claim.id}{variant} |"))
            assert line.endswith(f"**{row['verdict']}** |")
    flips = sum(row["flips"] for claim in results.facts.claims for row in claim.sensitivity)
    assert len(re.findall(r"\*\*[●◐◇○–]\*\*", text)) == flips


def test_costs_come_from_records_and_what_has_none_is_named(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spent = {(each.section, each.experiment): each for each in results.facts.expenses}
    assert set(spent) == {("gates", "pairs"), ("gates", "modulators")}
    assert results.facts.unrecorded == []
    recorded = costs.read(ROOT / "config/costs.tsv")
    (row,) = (r for r in recorded if (r.scale, r.experiment) == ("laptop", "pairs"))
    assert spent["gates", "pairs"].core_hours == row.seconds / 3600
    chosen = settings.load(ROOT / "config/laptop.yaml")
    assert expenses.trainings(chosen, [("gates", "pairs")], tmp_path / "none.tsv") == []


def test_core_hours_beside_others_are_the_steps_at_their_measured_times(results, tmp_path):
    chosen = settings.load(ROOT / "config/laptop.yaml")
    table = tmp_path / "rnn.csv"
    table.write_text(
        "vector_bits,threads,experiment,network,ours_ms,peer,peer_ms\n"
        '512,1,element_finder,lstm,1.0,"JAX, jitted",4.0\n'
        "512,1,element_finder,lstm,3.0,PyTorch nn.LSTM,8.0\n"
        '512,1,element_finder,rnn,1.0,"JAX, jitted",4.0\n'
        '512,2,element_finder,rnn,9.0,"JAX, jitted",9.0\n'
        '256,1,element_finder,rnn,2.0,"JAX, jitted",6.0\n',
        encoding="utf-8",
    )
    lstm, rnn, narrow = found = expenses.comparisons(chosen, table)
    assert lstm.steps == rnn.steps == 3 * 6000
    assert lstm.ours == pytest.approx(18000 * 2e-3 / 3600)
    assert lstm.peers["JAX, jitted"] == rnn.peers["JAX, jitted"] == pytest.approx(0.02)
    text = render.summary(replace(results.facts, comparisons=found), TEXTS)
    assert narrow.ours == pytest.approx(2 * rnn.ours)
    assert "| element_finder | rnn | 512 | 18000 | 0.005 | 0.02 |  |" in text
    assert "| element_finder | rnn | 256 | 18000 | 0.01 | 0.03 |  |" in text
    assert "| all |  | 512 | 36000 | 0.015 | 0.04 |  |" in text, "no total where one is missing"
    assert "| all |  | 256 | 18000 | 0.01 | 0.03 |  |" in text
    assert expenses.comparisons(chosen, tmp_path / "none.csv") == []


def test_a_table_of_times_by_another_version_is_an_error_that_says_what_to_do(tmp_path):
    table = tmp_path / "rnn.csv"
    table.write_text("experiment,network,threads,ours_ms,peer,peer_ms\n", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match=r"rnn\.csv has no column vector_bits"):
        expenses.comparisons(settings.load(ROOT / "config/laptop.yaml"), table)


@pytest.mark.parametrize("figure", DRAWN)
def test_every_figure_has_a_caption_that_says_n_and_interval(figure):
    caption = captions.read(TEXTS / f"{figure}.rst", CONFIG)
    assert re.search(r"\d+ (runs|networks|seeds)", caption.text), "n"
    assert "interval" in caption.text
    assert caption.claims


def test_every_claim_is_in_a_caption():
    known = {
        claim["id"]
        for claim in yaml.safe_load((ROOT / "config/claims.yaml").read_text(encoding="utf-8"))
    }
    named = {
        claim for figure in DRAWN for claim in captions.read(TEXTS / f"{figure}.rst", CONFIG).claims
    }
    assert named == known - UNDRAWN


def test_ranges_of_claims_are_spelled_out():
    assert captions.claims_in("Bears on N1 to N4, S12 to 14 and X4.") == (
        *("N1", "N2", "N3", "N4", "S12", "S13", "S14", "X4"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("**Title**\n\nNo claims.", "Bears on"),
        ("**T**\n\n{{ snakemake.config.gates.typo.runs }}\n\nBears on S1.", "typo"),
        (None, "does not exist"),
    ],
)
def test_a_bad_caption_says_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "figure.rst"
    if text:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(NeuroswitchError, match=message):
        captions.read(path, CONFIG)


def test_a_verdict_that_is_not_known_is_an_error(results):
    row = dict(results.facts.claims[0].judged[0], verdict="maybe")
    table = facts.pd.DataFrame([row])
    with pytest.raises(NeuroswitchError, match="'maybe'"):
        facts.claims_of(table, table, [], {}, "results/laptop/")


def test_a_table_that_no_rule_makes_is_an_error():
    with pytest.raises(NeuroswitchError, match=r"gates/lost\.parquet"):
        facts.tables_in(["gates/lost.parquet; "], {}, "results/laptop/")


def test_one_version_everywhere():
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION
    assert VERSION in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_says_what_is_stored_and_declared(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = Path("README.md").read_text(encoding="utf-8")
    for part, content in readme.parts().items():
        assert readme.with_part(text, part, content) == text, "run `make readme`"


@pytest.mark.skipif(not (ROOT / "results/paper/manifest.tsv").exists(), reason="none stored")
def test_the_summary_of_the_paper_is_up_to_date(monkeypatch):
    monkeypatch.chdir(ROOT)
    made, config = recipes.read(Path("results/paper/recipes.json"))
    content = facts.gather(
        settings.validate(config),
        config,
        made,
        Path("results/paper/manifest.tsv"),
        ledger_path=Path("config/ambiguities.yaml"),
        records=Path("config/costs.tsv"),
        benchmarks=Path("results/benchmarks/rnn.csv"),
        caption_folder=TEXTS,
    )
    assert Path("REPRODUCTION.md").read_text(encoding="utf-8") == render.summary(content, TEXTS), (
        "run `make report`"
    )


def test_the_readme_counts_verdicts_by_paper_and_says_what_was_found(results, tmp_path):
    verdict = results.facts.claims[0].judged[0]["verdict"]
    template = tmp_path / "findings.md"
    template.write_text(f'1. So it is ({{{{ cite("S1", "{verdict}") }}}}).\n', encoding="utf-8")
    text = readme.summary(results.folder / "results/laptop/verdicts", template)
    assert text.endswith("1. So it is (S1).")
    counts = results.facts.counts(1)
    assert f"| Paper 1 | {' | '.join(str(n) for n in counts.values())} |" in text
