"""The catalogue of claims, and the judge on made-up tables whose verdicts are known."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from neuroswitch import index, ledger, schemas, settings, store
from neuroswitch.claims import alternatives, catalogue, selection
from neuroswitch.claims.judging import judge, verify
from neuroswitch.errors import NeuroswitchError

CONFIG = Path("config")
CLAIMS = catalogue.load(CONFIG / "claims.yaml")
LEDGER = ledger.load(CONFIG / "ambiguities.yaml")
DEFAULTS = {"string": "", "bool": False, "vector": [0.0, 0.0]}


def stored(root, table, **columns):
    """Write a table with these columns; every other column has one value."""
    path = root / f"{table}.parquet"
    schema = schemas.of(path)
    frame = pd.DataFrame(columns)
    for column in schema.columns:
        if column.name not in frame:
            frame[column.name] = [DEFAULTS.get(column.type, 0)] * len(frame)
    store.write(frame, path, schema, {})


def pairs(root, experiment="pairs", both=(18, 10), runs=20, **condition):
    """Write runs of AND/OR and of AND/XOR, of which some succeed."""
    stored(
        root,
        f"gates/{experiment}/runs",
        tasks=np.repeat(["AND/OR", "AND/XOR"], runs),
        run=np.tile(np.arange(runs), 2),
        retrained_success=np.concatenate([np.arange(runs) < k for k in both]),
        **{"width": 8, "period": 10} | condition,
    )


def claim(**changes):
    """Return a claim about the rate of AND/OR, with anything in it replaced."""
    entry = {
        "id": "S4",
        "paper": 1,
        "place": "Fig 3D",
        "statement": "AND/OR can be co-optimised",
        "reported": "yes",
        "criterion": "rate > 0.5",
        "judged": {
            "label": "success rate",
            "variants": "after_retraining",
            "checks": [
                {
                    "criterion": "rate",
                    "parameters": {"above": 0.5},
                    "sources": {
                        "runs": {
                            "table": "gates/pairs/runs",
                            "where": {"tasks": "AND/OR"},
                            "value": "{success}",
                        }
                    },
                }
            ],
        },
        "beside": [{"label": "success rate", "variants": "zero_shot"}],
    }
    return entry | changes


def difference(**check):
    """Return a claim about the difference of both rates."""
    source = {"table": "gates/pairs/runs", "value": "{success}"}
    checks = {
        "criterion": "mean_difference",
        "parameters": {"below": 0},
        "sources": {
            "left": source | {"where": {"tasks": "AND/XOR"}, "label": "AND/XOR"},
            "right": source | {"where": {"tasks": "AND/OR"}, "label": "AND/OR"},
        },
    }
    judged = {"label": "difference", "variants": "after_retraining", "checks": [checks | check]}
    return claim(id="S14", judged=judged, beside=[])


def entry(**replaces):
    """Return a ledger entry with one alternative."""
    alternative = {"id": "A1-width-4", "label": "width 4", "replaces": replaces}
    words = ("question", "source", "choice", "where")
    return {"id": "A1", "alternatives": [4], "runs": [alternative]} | dict.fromkeys(words, "x")


@pytest.fixture
def written(tmp_path):
    """Return what loads some entries as a file of claims."""

    def load(*entries):
        path = tmp_path / "claims.yaml"
        path.write_text(yaml.safe_dump(list(entries)), encoding="utf-8")
        return catalogue.load(path)

    return load


@pytest.fixture
def known(tmp_path):
    """Return what loads some entries as the ledger."""

    def load(*entries):
        path = tmp_path / "ambiguities.yaml"
        path.write_text(yaml.safe_dump(list(entries)), encoding="utf-8")
        return ledger.load(path)

    return load


@pytest.fixture
def root(tmp_path):
    return tmp_path / "results" / "laptop"


def of(table, name, role="judged"):
    (row,) = table[(table["claim"] == name) & (table["role"] == role)].to_dict("records")
    return row


# ---- The catalogue that we ship


def test_every_claim_is_there_once_and_in_order():
    numbers = [f"S{k}" for k in range(1, 20)]
    numbers += [f"N{k}" for k in range(1, 16)] + [f"X{k}" for k in range(1, 5)]
    assert [claim.id for claim in CLAIMS] == numbers
    papers = {"S": 1, "N": 2, "X": 0}
    assert all(claim.paper == papers[claim.id[0]] for claim in CLAIMS)


def test_every_source_names_a_table_and_columns_that_a_schema_has():
    verify(CLAIMS)


def test_claims_of_paper_2_are_judged_in_both_variants():
    others = {"N4": ["corrected"], "N9": ["corrected"], "N14": ["none"]}
    for one in CLAIMS:
        if one.paper == 2:
            expected = others.get(one.id, ["as_published", "corrected"])
            assert one.judged.variants == expected, one.id


def test_what_success_enters_stands_beside_in_the_zero_shot_sense():
    for one in CLAIMS:
        if one.judged.variants == ["after_retraining"]:
            assert any("zero_shot" in shown.variants for shown in one.shown), one.id
    assert {"S4", "S13", "S14", "S19"} <= {
        one.id for one in CLAIMS if one.judged.variants == ["after_retraining"]
    }


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_every_source_reads_an_experiment_of_the_configuration(scale):
    config = settings.load(CONFIG / "laptop.yaml", CONFIG / f"{scale}.yaml")
    experiments = {
        *config.gates.experiments,
        *config.gates.sweeps,
        *config.gates.traces,
        *config.mnist.experiments,
        *config.rnn.experiments,
        None,
    }
    for source in catalogue.sources(CLAIMS):
        assert source.read_from in experiments, source.table


THRESHOLDS = {
    "S4": [{"above": 0.5}],
    "S7": [{"percentile": 95, "above": 0}, {"below": 0}],
    "S12": [{"at_least": 0.9}],
    "S13": [{"reported": 0.30}],
    "N1": [{"below": 0.00095}, {"above": 0}],
    "N6": [{"above": 0.9}],
    "N7": [{"at_least": 0.9}, {"below": 0}],
    "N8": [{"at_most": 0.1}],
    "N10": [{"above": 0.8}, {"above": 0.9}],
    "N11": [{"below": 0.5}, {"below": 0.5}, {"above": 0.5}],
    "N13": [{"above": 0.2}, {"above": 0.9}],
    "X1": [{"above": 0}, {"at_least": 0.98}],
    "X2": [{"above": 0.3}],
}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_the_thresholds_are_those_that_were_fixed_before_any_run(name):
    (one,) = (claim for claim in CLAIMS if claim.id == name)
    assert [check.parameters for check in one.judged.checks] == THRESHOLDS[name]


def test_only_the_claim_that_was_calibrated_is():
    assert [claim.id for claim in CLAIMS if claim.calibrated] == ["S13"]


# ---- Faults of a catalogue


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"plaec": "Fig 1"}, r"S4: plaec: unknown key; did you mean 'place'\?"),
        ({"id": "Q1"}, r"Q1: id: .*pattern"),
        ({"paper": 3}, r"S4: paper: .*\(found 3\)"),
        ({"judged": {"label": "x", "checks": []}}, r"S4: judged.checks: .*at least 1"),
        ({"beside": [{"label": "a"}, {"label": "a"}]}, r"S4: : two .* have one label"),
        ({"beside": [{"label": "a", "variants": "zeroshot"}]}, r"did you mean 'zero_shot'\?"),
    ],
)
def test_a_fault_names_its_claim_and_key(written, change, message):
    with pytest.raises(NeuroswitchError, match=message):
        written(claim(**change))


def test_every_fault_of_a_file_is_named_at_once_and_ids_are_unique(written, tmp_path):
    with pytest.raises(NeuroswitchError, match=r"2 fault\(s\):\n  S1: .*\n  S2: "):
        written(claim(id="S1", paper=7), claim(id="S2", colour="red"))
    with pytest.raises(NeuroswitchError, match="two entries have the id S4"):
        written(claim(), claim())
    (tmp_path / "broken.yaml").write_text("- id: [", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match="is not YAML"):
        catalogue.load(tmp_path / "broken.yaml")
    with pytest.raises(NeuroswitchError, match="does not exist"):
        catalogue.load(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        ("source", {"value": "retrained_succes"}, r"claim S4: .*did you mean 'retrained_success'"),
        ("source", {"where": {"task": "AND"}}, r"gates/pairs/runs has no column 'task'; did"),
        ("source", {"table": "gates/pairs/rums"}, r"no schema has a table 'gates/pairs/rums'"),
        ("source", {"as": "epoch_until"}, r"made as 'epoch_until'; did you mean 'epochs_until'"),
        ("source", {"value": "{sucess}"}, r"has a word that its variant does not know; known: no"),
        ("check", {"criterion": "rates"}, r"criterion is called 'rates'; did you mean 'rate'\?"),
        ("check", {"parameters": {"abov": 0}}, r"rate does not take 'abov'; did you mean 'above'"),
    ],
)
def test_a_claim_that_names_what_does_not_exist_is_refused(written, place, change, message):
    entry = claim()
    (check,) = entry["judged"]["checks"]
    (check if place == "check" else check["sources"]["runs"]).update(change)
    with pytest.raises(NeuroswitchError, match=message):
        verify(written(entry))


# ---- Verdicts


def test_a_claim_is_judged_and_says_where_its_number_came_from(root, written):
    pairs(root)
    table = judge(root, written(claim()), [])["verdicts"]
    row = of(table, "S4")
    assert row["verdict"] == "reproduced"
    assert (row["value"], row["n"], row["null"]) == (0.9, 20, 0.5)
    assert (row["variant"], row["interval"]) == ("after_retraining", "wilson")
    assert row["low"] == pytest.approx(0.699, abs=0.001)
    assert row["files"] == "gates/pairs/runs.parquet"
    assert row["columns"] == "retrained_success; tasks; run"
    beside = of(table, "S4", "beside")
    assert (beside["variant"], beside["value"], beside["verdict"]) == ("zero_shot", 0, "")
    assert beside["reason"] == "the criterion fails, and the interval excludes 0.5"


@pytest.mark.parametrize(
    ("successes", "word", "reason"),
    [
        (18, "reproduced", "holds, and the interval excludes 0.5"),
        (12, "direction only", "holds, but the interval does not exclude 0.5"),
        (8, "not reproduced", "fails, but the interval does not exclude 0.5"),
        (2, "not reproduced", "fails, and the interval excludes 0.5"),
    ],
)
def test_the_verdict_follows_the_numbers(root, written, successes, word, reason):
    pairs(root, both=(successes, 0))
    row = of(judge(root, written(claim()), [])["verdicts"], "S4")
    assert (row["verdict"], row["reason"]) == (word, f"the criterion {reason}")


@pytest.mark.parametrize(
    ("made", "runs", "reason"),
    [
        (difference, 5, "the criterion holds, but 5 runs are too few for a 95 % interval"),
        (difference, 6, "the criterion holds, and the interval excludes 0"),
        (claim, 5, "the criterion holds, and the interval excludes 0.5"),
    ],
)
def test_runs_are_too_few_for_a_bootstrap_and_never_for_wilson(root, written, made, runs, reason):
    pairs(root, both=(runs, 0), runs=runs)
    (one,) = written(made())
    assert of(judge(root, [one], [])["verdicts"], one.id)["reason"] == reason


def test_the_tables_of_verdicts_can_be_stored_and_judging_again_gives_the_same(
    root, written, known
):
    pairs(root, both=(130, 70), runs=150)
    pairs(root, "wide", both=(4, 4))
    claims, open_ = written(claim(), difference()), known(entry(pairs={"experiment": "wide"}))
    made, again = (judge(root, claims, open_, 0) for _ in range(2))
    for name, table in made.items():
        path = root / "verdicts" / f"{name}.parquet"
        store.write(table, path, schemas.of(path), {})
        pd.testing.assert_frame_equal(table, again[name])


def test_the_draws_of_the_bootstrap_are_those_of_the_root_seed(root, written):
    distance, start = np.random.default_rng(0).random((2, 30))
    stored(
        root,
        "gates/pairs/end_distances",
        run=np.arange(30),
        distance=distance,
        start_distance=start,
    )
    table = "gates/pairs/end_distances"
    sides = {"left": "distance", "right": "start_distance"}
    moved = difference(
        sources={side: {"table": table, "value": value} for side, value in sides.items()}
    )
    lows = [of(judge(root, written(moved), [], s)["verdicts"], "S14")["low"] for s in (0, 0, 1)]
    assert lows[0] == lows[1] != lows[2]


def test_a_missing_table_is_an_error_that_names_its_rule(root, written):
    with pytest.raises(
        NeuroswitchError,
        match=r"pairs/runs.parquet does not exist.*`snakemake .*pairs/runs.parquet`",
    ):
        judge(root, written(claim()), [])


def test_no_rows_is_not_testable_and_says_why(root, written):
    pairs(root)
    lost = claim()
    lost["judged"]["checks"][0]["sources"]["runs"]["where"] = {"tasks": "AND/NOR"}
    row = of(judge(root, written(lost), [])["verdicts"], "S4")
    assert (row["verdict"], row["n"]) == ("not testable", 0)
    assert np.isnan(row["value"])
    assert row["reason"] == "gates/pairs/runs has no rows with tasks AND/NOR"


def test_every_value_of_a_list_must_occur(root, written):
    pairs(root)
    lost = claim()
    source = lost["judged"]["checks"][0]["sources"]["runs"]
    source.update(where={"tasks": ["AND/OR", "AND/NOR"]}, by="tasks")
    row = of(judge(root, written(lost), [])["verdicts"], "S4")
    assert row["reason"] == "gates/pairs/runs has no tasks AND/NOR"


def test_rows_that_do_not_belong_to_one_run_are_an_error(root, written):
    pairs(root)
    vague = claim()
    del vague["judged"]["checks"][0]["sources"]["runs"]["where"]
    with pytest.raises(NeuroswitchError, match="several rows with anything for one run"):
        judge(root, written(vague), [])


def test_the_worst_part_decides_and_all_parts_stand_beside(root, written):
    pairs(root)
    both = claim(beside=[])
    both["judged"]["checks"][0]["sources"]["runs"].update(where={}, by="tasks")
    table = judge(root, written(both), [])["verdicts"]
    assert of(table, "S4")["label"] == "success rate: AND/XOR"
    assert of(table, "S4")["verdict"] == "not reproduced"
    beside = table[table["role"] == "beside"].set_index("label")["value"]
    assert beside.to_dict() == {"success rate: AND/OR": 0.9, "success rate: AND/XOR": 0.5}
    both["judged"]["checks"][0]["need"] = "any"
    assert of(judge(root, written(both), [])["verdicts"], "S4")["verdict"] == "reproduced"


def test_a_calibrated_claim_is_never_reproduced(root, written):
    pairs(root)
    assert of(judge(root, written(claim(calibrated=True)), [])["verdicts"], "S4")["verdict"] == (
        "calibrated"
    )


def test_sources_that_must_be_alike_and_are_not_are_not_testable(root, written):
    stored(
        root,
        "gates/pairs/runs",
        tasks=["AND/OR", "AND/XOR"],
        width=[8, 4],
        run=[0, 0],
    )
    row = of(judge(root, written(difference(same=["width"])), [])["verdicts"], "S14")
    assert row["reason"] == "what is compared differs in width: 4, 8"


def test_sources_that_must_differ_and_do_not_are_not_testable(root, written):
    pairs(root)
    row = of(judge(root, written(difference(differ=["tasks"])), [])["verdicts"], "S14")
    assert row["verdict"] != "not testable"
    row = of(judge(root, written(difference(differ=["width"])), [])["verdicts"], "S14")
    assert (row["verdict"], row["reason"]) == (
        "not testable",
        "what is compared has the same width",
    )


# ---- Alternatives


def test_an_alternative_flips_a_verdict(root, written, known):
    pairs(root)
    pairs(root, "varied", both=(4, 10), width=4)
    open_ = known(entry(pairs={"experiment": "varied", "where": {"width": 4}}))
    (row,) = judge(root, written(claim()), open_)["sensitivity"].to_dict("records")
    assert row["ambiguity"] == "A1"
    assert (row["alternative"], row["label"]) == ("A1-width-4", "width 4")
    assert (row["primary_verdict"], row["verdict"]) == ("reproduced", "not reproduced")
    assert row["flips"]
    assert (row["value"], row["files"]) == (0.2, "gates/varied/runs.parquet")


def test_an_alternative_that_is_the_primary_choice_changes_nothing(root, written, known):
    pairs(root)
    pairs(root, "again")
    open_ = known(entry(pairs={"experiment": "again"}))
    tables = judge(root, written(difference()), open_)
    (row,) = tables["sensitivity"].to_dict("records")
    primary = of(tables["verdicts"], "S14")
    assert not row["flips"]
    assert [row[c] for c in ("value", "low", "high", "n", "verdict")] == [
        primary[c] for c in ("value", "low", "high", "n", "verdict")
    ]


def test_only_claims_that_read_a_replaced_experiment_are_judged_again(root, written, known):
    pairs(root)
    pairs(root, "other")
    open_ = known(entry(budget={"experiment": "other"}))
    assert judge(root, written(claim()), open_)["sensitivity"].empty
    untrained = entry(pairs={"experiment": "other"}) | {"runs": [], "untrained": "too dear"}
    assert judge(root, written(claim()), known(untrained))["sensitivity"].empty


def test_an_alternative_without_such_rows_is_not_testable_and_flips_nothing(root, written, known):
    pairs(root)
    pairs(root, "varied", width=4)
    for where in ({"width": 16}, {"widht": 4}):
        open_ = known(entry(pairs={"experiment": "varied", "where": where}))
        (row,) = judge(root, written(claim()), open_)["sensitivity"].to_dict("records")
        assert (row["verdict"], row["flips"], row["n"]) == ("not testable", False, 0)
    open_ = known(entry(pairs={"experiment": "absent"}))
    (row,) = judge(root, written(claim()), open_)["sensitivity"].to_dict("records")
    assert row["verdict"] == "not testable"


def test_an_experiment_that_was_trained_must_have_its_table(root, written, known):
    pairs(root)
    (root / "gates/varied").mkdir()
    with pytest.raises(NeuroswitchError, match=r"varied/runs.parquet does not exist"):
        judge(root, written(claim()), known(entry(pairs={"experiment": "varied"})))


def test_a_baseline_that_a_choice_does_not_touch_stays(root, written, known):
    """And where both sides must be alike, it is said that they are not."""
    pairs(root)
    stored(
        root,
        "gates/varied/runs",
        tasks=["AND/XOR"] * 20,
        run=np.arange(20),
        retrained_success=[False] * 20,
        width=4,
        period=10,
    )
    open_ = known(entry(pairs={"experiment": "varied"}))
    (row,) = judge(root, written(difference()), open_)["sensitivity"].to_dict("records")
    assert row["value"] == pytest.approx(-0.9)
    assert row["files"] == "gates/varied/runs.parquet; gates/pairs/runs.parquet"
    (row,) = judge(root, written(difference(same=["width"])), open_)["sensitivity"].to_dict(
        "records"
    )
    assert row["verdict"] == "not testable"


def test_an_alternative_reads_the_analysis_of_its_own_experiment(root, written, known):
    for experiment, distance in (("pairs", 1.0), ("varied", 3.0)):
        stored(
            root,
            f"gates/{experiment}/end_distances",
            experiment=experiment,
            run=np.arange(8),
            distance=[distance] * 8,
        )
    near = claim(beside=[])
    near["judged"]["checks"] = [
        {
            "criterion": "median",
            "parameters": {"below": 2},
            "sources": {
                "values": {
                    "table": "gates/pairs/end_distances",
                    "value": "distance",
                }
            },
        }
    ]
    tables = judge(root, written(near), known(entry(pairs={"experiment": "varied"})))
    assert of(tables["verdicts"], "S4")["value"] == 1
    (row,) = tables["sensitivity"].to_dict("records")
    assert (row["value"], row["flips"]) == (3, True)


def losses(network, variant, experiment):
    return {
        "table": f"rnn/{experiment}/timing_losses",
        "where": {"variant": variant, "network": network},
        "value": "trained_loss",
    }


def test_a_variant_of_paper_2_is_replaced_by_the_same_variant_alone(root, written, known):
    for experiment, variants, losses_of in (
        ("mwg", ["as_published", "one_protocol"], [1.0, 1.0]),
        ("slow", ["one_protocol:slow"], [3.0]),
    ):
        stored(
            root,
            f"rnn/{experiment}/timing_losses",
            variant=np.repeat(variants, 8),
            network="lstm",
            run=np.tile(np.arange(8), len(variants)),
            trained_loss=np.repeat(losses_of, 8),
        )
    accurate = claim(id="N1", paper=2, beside=[])
    accurate["judged"] = {
        "label": "loss",
        "variants": ["as_published", "corrected"],
        "checks": [
            {
                "criterion": "median",
                "parameters": {"below": 2},
                "sources": {"values": losses("lstm", "{variant}", "mwg")},
            }
        ],
    }
    slow = {"experiment": "slow", "where": {"variant": "one_protocol:slow"}}
    (row,) = judge(root, written(accurate), known(entry(mwg=slow)))["sensitivity"].to_dict(
        "records"
    )
    assert (row["variant"], row["value"], row["flips"]) == ("corrected", 3, True)


def test_the_rule_reads_the_tables_of_alternatives_that_are_trained(written, known):
    claims = written(claim())
    open_ = known(entry(pairs={"experiment": "varied"}))
    assert alternatives.tables(claims, open_, ["pairs"]) == ["gates/pairs/runs"]
    assert alternatives.tables(claims, open_, ["pairs", "varied"]) == [
        "gates/pairs/runs",
        "gates/varied/runs",
    ]


# ---- How a number is made of columns


def made(name, *values, unit=("run",), **columns):
    function, _ = selection.MAKING[name]
    return function(pd.DataFrame(columns), list(unit), *values).tolist()


def test_numbers_are_made_of_columns():
    assert made("change", "b", "a", run=[0, 1], a=[1, 2], b=[3, 3]) == [2, 1]
    assert made("cycles_until", "c", run=[0, 1], c=[7, 0]) == [7, np.inf]
    switched = {"run": [0, 1], "c": [7, 0], "period": 10, "tasks": "AND/OR"}
    assert made("epochs_until", "c", **switched) == [140, np.inf]
    twice = {"run": [0, 0, 1, 1], "x": [1.0, 3.0, 2.0, np.nan], "n": [2.0, 4.0, 4.0, 4.0]}
    assert made("largest", "x", **twice)[0] == 3
    assert np.isnan(made("largest", "x", **twice)[1])
    assert made("smallest", "x", **twice)[0] == 1
    assert made("mean", "x", **twice)[0] == 2
    assert made("share", "x", "n", **twice)[0] == 4 / 6
    assert made("smallest_share", "x", "n", **twice)[0] == 0.5
    assert made("relative", "a", "b", run=[0], a=[1], b=[4]) == [0.25]


def test_the_order_of_convergence_is_that_of_the_finest_steps():
    step = np.array([1, 0.5, 0.25])
    error = 3 * step**2 + np.array([9, 0, 0])
    assert made("order", "step", "error", run=[0] * 3, step=step, error=error) == pytest.approx([2])


@pytest.mark.parametrize(
    ("intact", "held", "surviving", "expected"),
    [
        (-0.98, -0.4, 4, True),
        (-0.98, -0.6, 4, False),
        (-0.98, 0.5, 4, True),
        (-0.98, -0.4, 3, False),
        (0.0, 0.0, 4, False),
        (0.8, 0.3, 4, True),
    ],
)
def test_an_ablation_destroys_the_slope_and_leaves_the_ramp(intact, held, surviving, expected):
    found = made(
        "ablated",
        "slope_correlation",
        "surviving",
        "intervals",
        run=[0, 0, 0],
        component=[0, 1, 2],
        slope_correlation=[intact, held, intact],
        surviving=[4, surviving, 4],
        intervals=[4, 4, 4],
    )
    assert found == [expected]


def test_a_source_makes_its_numbers_for_each_group_and_unit(root):
    stored(
        root,
        "gates/pairs/runs",
        tasks=["AND/OR"] * 2 + ["AND/XOR"] * 2,
        run=[0, 1, 0, 1],
        first_retrained_cycle=[7, 0, 3, 5],
        period=10,
    )
    source = catalogue.Source(
        table="gates/pairs/runs", value="first_retrained_cycle", as_="epochs_until", by="tasks"
    )
    sample = selection.sample(source, selection.Tables(root), "")
    assert sample.to_dict("list") == {"AND/OR": [140, np.inf], "AND/XOR": [60, 100]}
    assert sample.index.tolist() == [0, 1]


def test_groups_of_a_low_median_can_be_left_out(root):
    stored(
        root,
        "gates/modulators/runs",
        family=np.repeat(["orthogonal", "uniform"], 3),
        run=np.tile(np.arange(3), 2),
        condition_number=[1, 1, 99, 5, 400, 400],
    )
    source = catalogue.Source(
        table="gates/modulators/runs",
        value="condition_number",
        by="family",
        medians_above={"condition_number": 10},
    )
    sample = selection.sample(source, selection.Tables(root), "")
    assert list(sample.columns) == ["uniform"]


def test_ranges_and_patterns_select_rows(root):
    stored(root, "mnist/sizes/runs", hidden=[1, 10, 32], strategy=["nm_1", "nm_2", "none"])
    tables = selection.Tables(root)

    def hidden(**where):
        source = catalogue.Source(table="mnist/sizes/runs", where=where, value="hidden")
        return selection.rows(source, tables)["hidden"].tolist()

    assert hidden(hidden={"at_most": 10}) == [1, 10]
    assert hidden(hidden={"at_least": 10, "at_most": 20}) == [10]
    assert hidden(strategy="nm_*") == [1, 10]


def test_judging_imports_neither_torch_nor_numba_nor_an_experiment():
    code = (
        "import sys, neuroswitch.claims.judging\n"
        "heavy = ('torch', 'numba', 'neuroswitch.gates', 'neuroswitch.mnist', 'neuroswitch.rnn')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# ---- Claims of a user's own


OWN = """
from neuroswitch import declare
from neuroswitch.claims import criteria


@declare.claim(
    "E1",
    statement="Runs are right early",
    quantity="share of runs",
    criterion="above 50 %",
    reads={"runs": "gates/pairs/runs"},
)
def early(runs, rng):
    right = runs[runs["retrained_success"]]
    return criteria.rate((right["run"] < 15).to_frame("runs"), above=0.5)
"""


@pytest.mark.parametrize(
    ("both", "word", "value", "n"),
    [
        ((20, 20), "reproduced", 0.75, 40),
        ((0, 0), "not testable", np.nan, 0),
    ],
)
def test_a_claim_of_ones_own_is_judged_by_its_function(root, extend, both, word, value, n):
    extend(own_claim=OWN)
    pairs(root, both=both)
    made = judge(root, [], [], 0, index.all_of("claim").values())["verdicts"]
    (row,) = made.to_dict("records")
    assert (row["claim"], row["verdict"], row["n"]) == ("E1", word, n)
    assert row["value"] == pytest.approx(value, nan_ok=True)
    assert row["files"] == "gates/pairs/runs.parquet"
