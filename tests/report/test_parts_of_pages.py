"""What pages say of verdicts: every claim once, with its numbers, and links that lead somewhere."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from neuroswitch.claims.outcomes import OUTCOMES
from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import facts
from tests.report import invented
from workflow import configuration, documentation


def test_the_table_of_counts_is_that_of_the_report(results):
    text = documentation.tally(results.facts.claims)
    counts = results.facts.counts(1)
    shown = " | ".join(str(counts.get(outcome, 0)) for outcome in OUTCOMES)
    assert f"| Paper 1 | {shown} |" in text


def test_every_claim_of_a_paper_is_answered_once_in_each_variant(results):
    told = {
        paper: documentation.answers(results.facts.claims, results.facts.figures, paper)
        for paper in (0, 1, 2)
    }
    for claim in results.facts.claims:
        text = told[claim.paper]
        (start,) = (match.end() for match in re.finditer(rf"^### {claim.id}: ", text, re.M))
        own = text[start:].partition("\n### ")[0]
        answers = re.findall(r"^\*\*Answer.*?: ([\w ]+)\.\*\* (.*)$", own, re.MULTILINE)
        assert [outcome for outcome, _ in answers] == [each.outcome for each in claim.verdicts]
        for (_, answer), verdict in zip(answers, claim.verdicts, strict=True):
            decisive = verdict.decisive
            assert (f"“{decisive['label']}”" in answer) == (len(verdict.parts) > 1)
            assert (decisive["sentence"] or facts.said(decisive)).removesuffix(".") in answer
            if verdict.decisive["sentence"]:
                assert facts.interval_of(verdict.decisive) in answer
        assert f"({claim.id})=" in text


def test_a_page_counts_the_verdicts_that_too_few_networks_leave_open(results):
    claims = [claim for claim in results.facts.claims if claim.paper == 2]
    outcomes = [each.outcome for claim in claims for each in claim.verdicts]
    few = outcomes.count("inconclusive")
    text = documentation.answers(claims, results.facts.figures, 2)
    assert text.startswith(
        f"Of these {len(outcomes)} verdicts, so few networks were trained for {few} "
    )
    reasons = re.findall(r"\| inconclusive \((.*)\) \|$", text, re.MULTILINE)
    assert reasons == ["200 networks: too few to decide"] * few


def test_a_page_says_which_numbers_no_claim_has(results):
    claims = [claim for claim in results.facts.claims if claim.paper == 1]
    few = [claim for claim in claims if claim.id not in ("S3", "S19")]
    assert "No claim has the number" not in documentation.answers(claims, results.facts.figures, 1)
    assert "No claim has the number S3." in documentation.answers(few, results.facts.figures, 1)


def test_every_table_of_a_page_is_one(results):
    text = documentation.answers(results.facts.claims, results.facts.figures, 2)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block


def test_findings_are_five_and_link_to_files_that_exist(results, monkeypatch):
    monkeypatch.chdir(results.folder)
    drawn = results.facts.figures
    everything = [figure.name for figure in drawn]
    claims = [
        facts.Claim(**(vars(claim) | {"figures": everything})) for claim in results.facts.claims
    ]
    scopes = {"S4": "Over 100 universes: supported in 45 %."}
    text = documentation.findings(claims, drawn, scopes, files=True)
    lines = [line for line in text.splitlines() if line.startswith("* ")]
    assert len(lines) == 5
    assert [line for line in lines if "universes: supported in 45 %" in line] == lines[:1]
    for path in re.findall(r"\]\(([^)#]+\.png)\)", text):
        assert Path(path).exists()
    assert "(#S4)" in documentation.findings(claims, drawn, scopes)


def test_the_papers_scale_is_preferred_and_else_outcomes_are_provisional(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "No verdicts are stored" in documentation.part("paper1")
    for scale, provisional in (("laptop", True), ("paper", False)):
        invented.write(Path(f"results/{scale}/verdicts"))
        Path(f"results/{scale}/manifest.tsv").touch()
        assert configuration.stored_scale() == scale
        assert ("provisional" in documentation.provisional()) == provisional


def test_a_mark_is_filled_and_a_misspelled_one_is_an_error():
    text = documentation.filled(
        "# A page\n\n<!-- made: outcomes -->\n*(What outcomes mean: [a page](a.md).\n"
        "`make docs` writes it.)*\n\nthe end"
    )
    assert "| supported |" in text
    assert text.endswith("the end")
    with pytest.raises(NeuroswitchError, match="'outcomes'"):
        documentation.filled("<!-- made: outcome -->\n*(What outcomes mean.)*")


def test_what_decides_a_claim_is_said_where_it_is_known():
    rows = pd.DataFrame(
        {
            "choice": ["period", "learning_rate", "width"],
            "total_effect": [0.25, 0.125, float("nan")],
            "r2": 0.5,
        }
    )
    said = documentation.decides(rows)
    assert f"“{documentation.CHOICES['period']}”" in said
    assert "brings 25 % of" in said
    assert "predict 50 %." in said
    unknown = documentation.decides(rows.assign(total_effect=float("nan"), r2=float("nan")))
    assert unknown.startswith("Too few universes")
    assert "%" not in unknown


def test_every_table_is_described_with_its_columns():
    text = documentation.columns()
    for path, schema in documentation.schemas.known().items():
        heading = f"## `{path.replace('{', '<').replace('}', '>')}`"
        own = text.partition(f"{heading}\n")[2].partition("\n## ")[0]
        for column in schema.load().columns:
            assert f"| `{column.name}` | {column.type} |" in own


def test_a_peers_time_is_given_relative_to_ours(tmp_path, monkeypatch):
    (tmp_path / "mnist.csv").write_text(
        "vector_bits,threads,hidden,batch,ours_ms,peer,peer_ms,peer_over_ours,machine,software\n"
        "512,1,10,128,1.5,a loop,12,8,a machine,0\n512,2,10,128,1,a loop,5,5,a machine,0\n"
    )
    monkeypatch.setattr(documentation, "BENCHMARKS", tmp_path)
    text = documentation.performance()
    assert "| 512 | 10 | 128 | 1.5 | 8 |" in text
    assert text.count("| 512 |") == 1
    (tmp_path / "floor.csv").write_text(
        "threads,network,ours_over_floor\n1,lstm,1.25\n1,rnn,2\n1,gru,2.5\n2,rnn,9\n"
    )
    assert "takes 1.25 to 2.5 times (median 2) the least time" in documentation.performance()


@pytest.mark.parametrize("module", ["workflow.documentation", "docs.conf"])
def test_examples_in_docstrings_are_true(module):
    found = doctest.testmod(import_module(module))
    assert found.attempted
    assert not found.failed


def test_a_link_to_a_folder_is_its_text_and_one_to_a_file_stays(monkeypatch):
    monkeypatch.chdir(invented.ROOT)
    without_folders = import_module("docs.conf").without_folders
    assert without_folders("[`examples/`](../examples)") == "`examples/`"
    assert without_folders("[one](../examples/bars.py)") == "[one](../examples/bars.py)"
