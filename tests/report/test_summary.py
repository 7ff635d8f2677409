"""REPRODUCTION.md and the captions: order, tables, and nothing that no table says."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from neuroswitch import costs, index, recipes, settings
from neuroswitch.claims.outcomes import OUTCOMES
from neuroswitch.errors import NeuroswitchError
from neuroswitch.provenance import VERSION
from neuroswitch.recipes import Recipe
from neuroswitch.reporting import captions, code, expenses, facts, render
from neuroswitch.reporting.papers import PAPERS
from tests.report import invented
from tests.report.invented import ROOT, TEXTS
from tests.stored import STORED
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


def test_the_first_table_says_every_verdict_in_a_sentence_beside_the_first_round(results):
    text = render.summary(results.facts, TEXTS)
    table = text[text.index("| claim | the claim |") : text.index("A claim takes the worst")]
    lines = table.splitlines()[2:]
    verdicts = [(claim, each) for claim in results.facts.claims for each in claim.verdicts]
    assert len([line for line in lines if line]) == len(verdicts)
    for line, (claim, verdict) in zip(lines, verdicts, strict=False):
        shown = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        name = {"as_published:rank_4": ", as published, rank 4", "none": ""}.get(
            verdict.variant, f", {verdict.variant.replace('_', ' ')}"
        )
        assert shown[0] == claim.id + name
        assert shown[2].replace("\\|", "|") == facts.said(verdict.decisive)
        unit = verdict.decisive["unit"] if verdict.outcome != "not testable" else ""
        assert shown[3] == f"{facts.interval_of(verdict.decisive)} {unit}".strip()
        assert shown[4:6] == [str(verdict.decisive["n"]), f"**{verdict.outcome}**"]
    first = {line.split(" |")[0]: line.rstrip(" |").split("| ")[-1] for line in lines if line}
    assert first["| S1"] == "reproduced"
    assert first["| S3"] == "not judged"
    assert first["| N1, as published"] == "direction only"
    assert first["| N1, one protocol"] == "not judged"


def test_a_claim_without_variants_shows_the_first_round_of_each(results):
    """In the first round the element finder was judged twice, by two scores."""
    rows = [{"claim": "S1", "variant": name} for name in ("as_published", "one_protocol")]
    own = invented.verdicts()
    (found,) = facts.verdicts_of(own[own["claim"] == "S1"], rows)
    assert found.first_round == rows
    found = facts.verdicts_of(own[own["claim"] == "N1"], rows)
    assert [[row["variant"] for row in each.first_round] for each in found] == [
        ["as_published"],
        [],
        ["one_protocol"],
    ]


def test_the_first_round_that_is_stored_has_one_verdict_for_each_claim_and_variant():
    rows = facts.first_verdicts(ROOT / "results/first_round.csv")
    names = [(row["claim"], row["variant"]) for row in rows]
    assert len(set(names)) == len(names) == 51
    assert {row["claim"] for row in rows} <= set(index.all_of("claim"))
    assert facts.first_verdicts(ROOT / "results/lost.csv") == []


def test_the_summary_has_every_part_with_its_null_control_and_marks_flips(results):
    text = render.summary(results.facts, TEXTS)
    parts = text[text.index("### Parts") : text.index("### Beside them")].splitlines()
    rows = [row for c in results.facts.claims for each in c.verdicts for row in each.parts]
    assert len([line for line in parts if line.startswith("| ")]) == len(rows) + 1
    (line,) = (each for each in parts if each.startswith("| S4 | share of runs"))
    assert "| [" not in line, "the value stands before its interval"
    assert "0.075 [0.025, 0.125]" in line
    assert "untrained networks: 0.25 [0.2, 0.3]" in line
    (line,) = (each for each in parts if each.startswith("| S1 | share of runs"))
    assert "| 0.0 % [-5.0, 5.0] | 200 | > 50 % |" in line
    assert "untrained networks: 25.0 % [20.0, 30.0] | < 0.0001 | 0.093 | supported |" in line
    flips = sum(row["flips"] for claim in results.facts.claims for row in claim.sensitivity)
    signs = "".join(render.SYMBOLS.values())
    assert len(re.findall(rf"\*\*[{signs}]\*\*", text)) == flips > 0


def test_the_ledger_says_which_choices_are_drawn_together(results):
    drawn, others = {}, []
    for line in render.summary(results.facts, TEXTS).splitlines():
        if entry := re.match(r"\| (A\d+) \|", line):
            if joint := re.search(r" \(varied jointly in the multiverse: (.*?)\) \|", line):
                drawn[entry[1]] = joint[1]
            else:
                others.append(entry[1])
    assert (drawn["A1"], drawn["A5"], drawn["A24"]) == (
        "width",
        "budget, period",
        "family, scale, layers",
    )
    assert {"A9", "A36", "A42"} <= set(others)


def test_no_two_outcomes_look_alike_without_colour():
    assert list(render.SYMBOLS) == list(OUTCOMES)
    assert len(set(render.SYMBOLS.values())) == len(OUTCOMES)


@pytest.mark.parametrize(("scale", "provisional"), [("laptop", True), ("paper", False)])
def test_at_any_scale_but_that_of_the_papers_outcomes_are_provisional(results, scale, provisional):
    text = render.summary(replace(results.facts, scale=scale), TEXTS)
    assert ("All outcomes on this page are provisional" in text) == provisional


def test_the_method_names_the_numbers_of_the_code(results):
    text = render.summary(results.facts, TEXTS)
    for number in ("0.00095", "0.0005", "90 %", "10 000 draws", "at least 6 networks"):
        assert number in text, number
    assert "The root seed of the tables reported here is 1." in text


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
    assert re.search(r"\d+ (fresh )?(runs|networks|seeds)", caption.text), "n"
    assert "interval" in caption.text.lower()
    assert caption.claims


def test_every_claim_is_in_a_caption():
    named = {
        claim for figure in DRAWN for claim in captions.read(TEXTS / f"{figure}.rst", CONFIG).claims
    }
    assert named == set(index.all_of("claim")) - UNDRAWN


def test_figures_stand_in_the_order_of_the_papers_under_their_numbers():
    made = [Recipe(f"draw_{name}", "", (f"paper_figures/x/{name}.pdf",)) for name in sorted(DRAWN)]
    found = facts.drawings(recipes.by_output(made), TEXTS, CONFIG, [])
    places = [(figure.caption.paper, figure.caption.number) for figure in found]
    assert places == sorted(places, key=lambda place: ([*PAPERS].index(place[0]), place[1] or 9))
    labels = {figure.name: figure.label for figure in found}
    assert labels["figure2"] == "Figure 2"
    assert labels["figure2_switching_rate"] == "Figure 2 switching rate"
    assert labels["multitask"] == "Figure 4 multitask"
    assert labels["periods"] == "periods"
    # As the papers number them; those of our own questions have no number
    numbers = {(figure.caption.paper, figure.caption.number) for figure in found}
    assert {place for place in numbers if place[0] in (1, 2)} == {
        *((1, n) for n in (0, 2, 3, 4, 5)),
        *((2, n) for n in (0, 3, 4, 5)),
    }


def test_each_paper_is_named_with_its_link_and_its_most_telling_claims(results):
    text = render.summary(results.facts, TEXTS)
    claims = index.all_of("claim")
    for number, paper in PAPERS.items():
        assert {claims[name].arguments.get("paper", 0) for name in paper.headlines} == {number}
        assert paper.markdown in text or not paper.links
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert all(PAPERS[number].address in citation for number in (1, 2))


def test_code_is_found_where_it_stands():
    found = code.of("neuroswitch.claims.outcomes", "decide")
    lines = (ROOT / found.path).read_text(encoding="utf-8").splitlines()
    assert lines[found.line - 1].startswith("def decide(")
    assert found.text.splitlines()[-1] in lines
    assert "Berger" in found.docstring
    decorated = code.of("neuroswitch.figures.figure3", "draw")
    assert decorated.text.startswith("@declare.figure(")
    assert code.of("neuroswitch.claims.outcomes", "nothing") is None
    assert code.of_recipe(Recipe("train_gates", "", ())).name == "train_experiment"
    assert code.of_recipe(Recipe("judge", "", ())).path == "workflow/neuroswitch/claims/verdicts.py"
    assert code.of_recipe(Recipe("draw_lost", "", ())) is None


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


def test_an_outcome_that_is_not_known_is_an_error():
    table = invented.verdicts().replace({"outcome": {"supported": "maybe"}})
    with pytest.raises(NeuroswitchError, match=r"'maybe'.*`make report` judges again"):
        facts.claims_of(table, table, [], [], {}, "results/laptop/")


def test_a_claim_without_a_part_that_decides_is_an_error():
    table = invented.verdicts()
    table = table[(table["claim"] == "S1") & (table["role"] != "claim")]
    with pytest.raises(NeuroswitchError, match=r"0 rows of role 'claim' for S1, variant none"):
        facts.verdicts_of(table, [])


def test_a_table_that_no_rule_makes_is_an_error():
    with pytest.raises(NeuroswitchError, match=r"gates/lost\.parquet"):
        facts.tables_in(["gates/lost.parquet; "], {}, "results/laptop/")


def test_one_version_everywhere():
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION
    assert json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))["version"] == VERSION
    assert VERSION in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_says_what_is_stored_and_declared(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = Path("README.md").read_text(encoding="utf-8")
    for part, content in readme.parts().items():
        assert readme.with_part(text, part, content) == text, "run `make readme`"


def test_the_summary_that_is_tracked_is_up_to_date(monkeypatch):
    monkeypatch.chdir(ROOT)
    content = facts.stored_at(STORED, Path())
    assert Path("REPRODUCTION.md").read_text(encoding="utf-8") == render.summary(content, TEXTS), (
        "run `make report`"
    )
