"""The judge on made-up tables: what it writes of a claim, what it refuses, and alternatives."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import neuroswitch
from neuroswitch import index, schemas, store
from neuroswitch.claims import alternatives
from neuroswitch.claims.judging import judge
from neuroswitch.errors import NeuroswitchError
from neuroswitch.ledger import Ambiguity

DEFAULTS = {"string": "", "bool": False, "vector": [0.0, 0.0]}
SEED = 1

CLAIMS = """
from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.parts import beside, control, example, judged
from neuroswitch.claims.samples import by_run, require_same, select
from neuroswitch.claims.statistics import above, below


@declare.claim(
    "E1",
    statement="AND/OR succeeds",
    place="Fig 1",
    reported="yes",
    criterion="the success rate is above {half:.0%}",
    thresholds={"half": 0.5},
    reads={"runs": "gates/pairs/runs"},
)
def succeeds(runs, half, rng):
    own = select(runs, tasks="AND/OR")
    yield judged("rate", statistics.rate(own["solved"], above(half)), "{value} succeed.", "%")
    yield beside("zero-shot", statistics.rate(own["zero_shot_success"], above(half)), "%")


@declare.claim(
    "E2",
    paper=1,
    statement="AND/XOR succeeds less often",
    criterion="the difference is below 0, and AND/XOR fails",
    reads={"runs": "gates/pairs/runs"},
)
def succeeds_less_often(runs, rng):
    xor, other = (select(runs, tasks=tasks) for tasks in ("AND/XOR", "AND/OR"))
    require_same(["width"], xor, other)
    yield judged(
        "difference",
        statistics.rate_difference(by_run(xor, "solved"), by_run(other, "solved"), below(0), rng),
        "The difference is {value}, from {low} to {high}.",
        "points",
    )
    yield judged("AND/XOR", _failing(xor), "{value} of {n} succeed.", "%")


def _failing(runs):
    return statistics.rate(runs["solved"], below(0.5))


@declare.claim(
    "E3",
    paper=2,
    statement="The loss is small",
    criterion="the median is below 2",
    variants=("as_published", "as_published:rank_4", "one_protocol"),
    reads={"losses": "rnn/mwg_{variant}/timing_losses"},
)
def loss_is_small(losses, variant, rng):
    yield judged(
        variant, statistics.median(losses["trained_loss"], below(2)), "The loss is {value}."
    )


@declare.claim(
    "E4",
    paper=1,
    statement="The modulated networks are worse",
    criterion="the difference of medians is below 0",
    reads={"runs": "mnist/sizes/runs"},
)
def modulated_are_worse(runs, rng):
    accuracy = {
        name: select(runs, strategy=name)["final_accuracy"]
        for name in ("neuromodulated", "extra_input")
    }
    found = statistics.difference_of_medians(*accuracy.values(), below(0), rng)
    yield judged("difference", found, "{value}", "points")


@declare.claim(
    "E5",
    statement="Runs settle early, in an example",
    criterion="most runs settle before cycle 10, and sooner than they succeed zero-shot",
    reads={"runs": "gates/pairs/runs"},
)
def settle_early(runs, rng):
    own = select(runs, tasks="AND/OR")
    yield example(
        "runs", own["settled_cycle"] < 10, "{value} ({null}).", ("shuffled", own["solved"] & False)
    )
    settled = statistics.median(own["settled_cycle"], below(10))
    null = statistics.median(own["settled_cycle"] * own["period"], below(100))
    yield judged(
        "cycle", settled, "{value}, {null}.", "cycles", control("in epochs", null, null, "epochs")
    )
"""


def stored(root, table, seed=SEED, **columns):
    """Write a table with these columns; every other column has one value."""
    path = root / f"{table}.parquet"
    schema = schemas.of(path)
    frame = pd.DataFrame(columns)
    for column in schema.columns:
        if column.name not in frame:
            frame[column.name] = [DEFAULTS.get(column.type, 0)] * len(frame)
    store.write(frame, path, schema, {} if seed is None else {"seed": seed})


def pairs(root, experiment="pairs", both=(18, 10), runs=20, seed=SEED, **condition):
    """Write runs of AND/OR and of AND/XOR, of which some succeed."""
    stored(
        root,
        f"gates/{experiment}/runs",
        seed,
        tasks=np.repeat(["AND/OR", "AND/XOR"], runs),
        run=np.tile(np.arange(runs), 2),
        solved=np.concatenate([np.arange(runs) < k for k in both]),
        **{"width": 8, "period": 10} | condition,
    )


def entry(**replaces):
    """Return a ledger entry with one alternative."""
    alternative = {"id": "A1-width-4", "label": "width 4", "replaces": replaces}
    words = dict.fromkeys(("question", "source", "choice", "where"), "x")
    return Ambiguity.model_validate(
        {"id": "A1", "alternatives": [4], "runs": [alternative]} | words
    )


@pytest.fixture
def claims(extend):
    """Return the invented claims by name."""
    extend(invented=CLAIMS)
    return index.all_of("claim")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "results" / "laptop"


@pytest.fixture
def verdicts(claims, root):
    """Return what judges some invented claims, and returns the table of verdicts."""

    def judged(*names):
        return judge(root, [claims[name] for name in names], [], SEED)["verdicts"]

    return judged


@pytest.fixture
def under(claims, root):
    """Return what judges an invented claim under an entry of the ledger: rows of `sensitivity`."""

    def judged(name, open_):
        return judge(root, [claims[name]], [open_], SEED)["sensitivity"].to_dict("records")

    return judged


def row(table, name, role="claim", label=None):
    own = table[(table["claim"] == name) & (table["role"] == role)]
    (found,) = (own if label is None else own[own["label"] == label]).to_dict("records")
    return found


# ---- The claims that we ship


def test_every_claim_is_there_once():
    numbers = {f"S{k}" for k in range(1, 20)} | {f"N{k}" for k in range(1, 16)}
    own = {f"X{k}" for k in range(1, 7)}
    beyond = {f"O{k}" for k in range(1, 8)} | {f"R{k}" for k in range(1, 12)}
    assert set(index.all_of("claim")) == numbers | own | beyond


@pytest.mark.parametrize("name", index.all_of("claim"))
def test_a_claim_is_called_with_the_tables_and_thresholds_that_it_declares(name):
    claim = index.get("claim", name)
    thresholds = claim.arguments.get("thresholds") or {}
    taken = set(inspect.signature(claim.load()).parameters)
    assert taken - {"variant", "rng"} == {*claim.reads, *thresholds}
    assert "{" not in claim.arguments["criterion"].format(**thresholds)
    for path in claim.paths:
        schemas.of(f"results/laptop/{path}.parquet")
    assert claim.arguments.get("paper", 0) == {"S": 1, "N": 2, "X": 0, "O": 3, "R": 3}[name[0]]


# ---- Verdicts


def test_a_claim_is_judged_and_says_where_its_number_came_from(root, verdicts):
    pairs(root)
    table = verdicts("E1")
    found = row(table, "E1")
    assert (found["outcome"], found["sentence"]) == ("supported", "90.0 % succeed.")
    assert (found["value"], found["n"], found["bound"]) == (0.9, 20, "> 50 %")
    assert (found["variant"], found["interval"], found["paper"]) == ("none", "wilson", 0)
    assert found["low"] == pytest.approx(0.699, abs=0.001)
    assert found["p"] == found["p_adjusted"] == pytest.approx(2 * 211 / 2**20)
    assert found["criterion"] == "the success rate is above 50 %"
    assert found["files"] == "gates/pairs/runs.parquet"
    assert found["columns"].split("; ") == ["tasks", "solved", "zero_shot_success"]
    beside = row(table, "E1", "beside")
    assert (beside["value"], beside["outcome"], beside["sentence"]) == (0, "", "")
    part = row(table, "E1", "part")
    assert pd.Series(part).equals(pd.Series(found | {"role": "part"}))


def test_columns_are_also_found_in_functions_that_a_claim_calls(root, verdicts):
    pairs(root)
    assert row(verdicts("E2"), "E2")["columns"] == "tasks; width; solved"


@pytest.mark.parametrize(
    ("successes", "outcome"), [(18, "supported"), (12, "inconclusive"), (2, "contradicted")]
)
def test_the_outcome_follows_the_numbers(root, verdicts, successes, outcome):
    pairs(root, both=(successes, 0))
    assert row(verdicts("E1"), "E1")["outcome"] == outcome


def test_the_worst_part_is_the_row_of_the_claim(root, verdicts):
    pairs(root, both=(18, 10))
    table = verdicts("E2")
    found = row(table, "E2")
    assert (found["label"], found["outcome"]) == ("AND/XOR", "inconclusive")
    assert found["sentence"] == "50.0 % of 20 succeed."
    difference = row(table, "E2", "part", "difference")
    assert difference["value"] == pytest.approx(-0.4)
    assert difference["sentence"].startswith("The difference is -40.0 percentage points, from -")


def test_the_correction_is_over_the_claims_of_a_paper(root, verdicts):
    pairs(root, both=(18, 2))
    stored(
        root,
        "mnist/sizes/runs",
        run=np.arange(20),
        strategy=np.repeat(["neuromodulated", "extra_input"], 10),
        dataset="mnist",
        final_accuracy=np.tile(np.arange(10) / 10, 2),
    )
    alone = row(verdicts("E2"), "E2", "part", "AND/XOR")
    together = verdicts("E1", "E2", "E4")
    assert row(together, "E2", "part", "AND/XOR")["p_adjusted"] == 2 * alone["p_adjusted"]
    assert row(together, "E1")["p_adjusted"] == row(together, "E1")["p"], "another paper's"


def test_null_controls_stand_with_their_number_interval_and_unit(root, verdicts):
    pairs(root, settled_cycle=np.tile(np.arange(20) // 3, 2))
    table = verdicts("E5")
    cycle = row(table, "E5", "part", "cycle")
    assert (cycle["null_control"], cycle["null_unit"]) == ("in epochs", "epochs")
    assert (cycle["null_value"], cycle["null_low"], cycle["null_high"]) == (30, 10, 40)
    assert cycle["sentence"] == "3 cycles, 30 epochs."
    runs = row(table, "E5", "part", "runs")
    assert (runs["outcome"], runs["null_unit"], runs["null_value"]) == ("typical", "%", 0)
    assert np.isnan(runs["p"])
    assert runs["sentence"] == "100.0 % (0.0 %)."


def test_a_claim_is_judged_in_each_variant_by_its_own_tables(root, verdicts):
    for variant, loss in (("as_published", 1.0), ("one_protocol", 3.0)):
        stored(root, f"rnn/mwg_{variant}/timing_losses", run=np.arange(8), trained_loss=[loss] * 8)
    own = verdicts("E3").query("role == 'claim'").set_index("variant")
    assert own["value"].to_dict() == {
        "as_published": 1,
        "as_published:rank_4": 1,
        "one_protocol": 3,
    }
    assert own["label"].tolist() == own.index.tolist(), "the function is told its variant"
    assert own.loc["one_protocol", "files"] == "rnn/mwg_one_protocol/timing_losses.parquet"


def test_the_tables_of_verdicts_can_be_stored_and_judging_again_gives_the_same(root, claims):
    pairs(root, both=(130, 70), runs=150)
    pairs(root, "wide", both=(4, 4))
    chosen, open_ = [claims["E1"], claims["E2"]], [entry(pairs={"experiment": "wide"})]
    made, again = (judge(root, chosen, open_, SEED) for _ in range(2))
    for name, table in made.items():
        path = root / "verdicts" / f"{name}.parquet"
        store.write(table, path, schemas.of(path), {})
        pd.testing.assert_frame_equal(table, again[name])


def test_permutations_are_drawn_by_the_root_seed(root, claims):
    accuracies, p = np.random.default_rng(0).random(30), []
    for seed in (1, 1, 2):
        stored(
            root,
            "mnist/sizes/runs",
            seed,
            run=np.arange(30),
            strategy=np.repeat(["neuromodulated", "extra_input"], 15),
            final_accuracy=accuracies,
        )
        p.append(row(judge(root, [claims["E4"]], [], seed)["verdicts"], "E4")["p"])
    assert p[0] == p[1] != p[2]


# ---- What is refused, and what cannot be tested


def test_a_missing_table_is_an_error_that_names_its_rule(root, verdicts):
    with pytest.raises(
        NeuroswitchError,
        match=r"pairs/runs.parquet does not exist.*`make reproduce TARGETS=.*pairs/runs.parquet`",
    ):
        verdicts("E1")


def test_a_table_of_another_root_seed_is_refused(root, verdicts):
    pairs(root, seed=0)
    with pytest.raises(
        NeuroswitchError,
        match=r"root seed 0, and claims are judged on runs of root seed 1; `make reproduce .*`",
    ):
        verdicts("E1")
    pairs(root, seed=None)
    assert row(verdicts("E1"), "E1")["outcome"] == "supported", "a measured table has no seed"


def test_the_library_judges_by_the_seed_of_the_tables_and_refuses_two(root, claims):
    pairs(root, seed=7)
    assert row(neuroswitch.claims.judge("E1", root), "E1")["outcome"] == "supported"
    stored(root, "rnn/mwg_as_published/timing_losses", 7, run=np.arange(8))
    stored(root, "rnn/mwg_one_protocol/timing_losses", 8, run=np.arange(8))
    with pytest.raises(NeuroswitchError, match="of the root seeds 7, 8"):
        neuroswitch.claims.judge("E3", root)


def test_no_rows_is_not_testable_and_says_why(root, verdicts):
    stored(root, "gates/pairs/runs", tasks=["AND/NOR"], run=[0])
    table = verdicts("E1")
    found = row(table, "E1")
    assert (found["outcome"], found["n"], found["sentence"]) == ("not testable", 0, "")
    assert found["reason"] == "no row has tasks AND/OR"
    assert np.isnan(found["value"])
    assert table["role"].tolist() == ["claim", "part"]


def test_conditions_that_must_be_alike_and_are_not_are_not_testable(root, verdicts):
    stored(root, "gates/pairs/runs", tasks=["AND/OR", "AND/XOR"], width=[8, 4], run=[0, 0])
    found = row(verdicts("E2"), "E2")
    assert found["reason"] == "what is compared differs in width: 4, 8"


def test_a_claim_that_cannot_be_tested_does_not_enter_the_correction(root, verdicts):
    pairs(root, both=(18, 2))
    stored(root, "mnist/sizes/runs", run=[0], strategy="neuromodulated")
    alone = row(verdicts("E2"), "E2")
    assert row(verdicts("E2", "E4"), "E2")["p_adjusted"] == alone["p_adjusted"]


# ---- Alternatives


def test_an_alternative_flips_an_outcome(root, under):
    pairs(root)
    pairs(root, "varied", both=(4, 10), width=4)
    (found,) = under("E1", entry(pairs={"experiment": "varied", "where": {"width": 4}}))
    assert found["ambiguity"] == "A1"
    assert (found["alternative"], found["label"]) == ("A1-width-4", "width 4")
    assert (found["primary_outcome"], found["outcome"]) == ("supported", "contradicted")
    assert found["flips"]
    assert (found["value"], found["files"]) == (0.2, "gates/pairs/runs.parquet")
    assert (found["sentence"], found["unit"]) == ("20.0 % succeed.", "%")


def test_an_alternative_whose_few_runs_decide_nothing_flips_nothing(root, under):
    pairs(root)
    pairs(root, "varied", both=(12, 2))
    (found,) = under("E1", entry(pairs={"experiment": "varied"}))
    assert (found["primary_outcome"], found["outcome"]) == ("supported", "inconclusive")
    assert not found["flips"]


def test_an_alternative_that_is_the_primary_choice_changes_nothing(root, claims):
    pairs(root)
    pairs(root, "again")
    tables = judge(root, [claims["E2"]], [entry(pairs={"experiment": "again"})], SEED)
    (found,) = tables["sensitivity"].to_dict("records")
    primary = row(tables["verdicts"], "E2")
    assert not found["flips"]
    for column in ("value", "low", "high", "n", "outcome", "sentence"):
        assert found[column] == primary[column]


def test_only_claims_that_read_a_replaced_experiment_are_judged_again(root, under):
    pairs(root)
    pairs(root, "other")
    assert under("E1", entry(budget={"experiment": "other"})) == []


@pytest.mark.parametrize(
    ("replacement", "reason"),
    [
        ({"experiment": "varied", "where": {"width": 16}}, "no row has tasks AND/OR"),
        ({"experiment": "absent"}, "gates/absent/runs was not made at this scale"),
    ],
)
def test_an_alternative_without_such_rows_is_not_testable_and_flips_nothing(
    root, under, replacement, reason
):
    pairs(root)
    pairs(root, "varied", width=4)
    (found,) = under("E1", entry(pairs=replacement))
    assert (found["outcome"], found["flips"], found["n"]) == ("not testable", False, 0)
    assert found["reason"] == reason


def test_a_claim_is_not_judged_by_a_mixture_of_two_experiments(root, under):
    """Every row is of the alternative, also where that lacks some that the primary choice has."""
    pairs(root)
    stored(root, "gates/varied/runs", tasks=["AND/XOR"] * 20, run=np.arange(20), width=8)
    (found,) = under("E2", entry(pairs={"experiment": "varied"}))
    assert found["reason"] == "no row has tasks AND/OR"


def test_a_variant_of_paper_2_is_replaced_alone(root, under):
    for experiment, loss in (("as_published", 1.0), ("one_protocol", 1.0), ("slow", 3.0)):
        stored(
            root, f"rnn/mwg_{experiment}/timing_losses", run=np.arange(8), trained_loss=[loss] * 8
        )
    (found,) = under("E3", entry(mwg_one_protocol={"experiment": "mwg_slow"}))
    assert (found["variant"], found["value"], found["flips"]) == ("one_protocol", 3, True)


def test_the_rule_reads_the_tables_of_alternatives_that_are_trained():
    open_ = [entry(pairs={"experiment": "varied"})]
    read = ["gates/pairs/runs", "gates/pairs/end_distances", "gates/budget/runs"]
    # Of the reconstructed setting, whose name is not pairs
    read.append("gates/reconstructed/pairs/runs")
    assert alternatives.tables(read, open_, ["pairs", "budget"]) == sorted(read)
    assert alternatives.tables(read, open_, ["pairs", "varied"]) == sorted(
        [*read, "gates/varied/runs", "gates/varied/end_distances"]
    )


# ---- Around it


def test_judging_imports_neither_torch_nor_numba_nor_an_experiment():
    code = (
        "import sys, neuroswitch.claims.judging\n"
        "heavy = ('torch', 'numba', 'neuroswitch.gates', 'neuroswitch.mnist', 'neuroswitch.rnn')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_claim_of_the_example_is_judged(root, extend):
    extend(readiness=Path("examples/readiness.py").read_text(encoding="utf-8"))
    stored(
        root,
        "gates/early/runs",
        tasks=np.repeat(["AND/OR", "AND/NOR"], 20),
        run=np.tile(np.arange(20), 2),
        first_retrained_cycle=np.concatenate([np.arange(20), np.arange(40, 60)]),
    )
    table = neuroswitch.claims.judge("E1", root)
    assert row(table, "E1")["outcome"] == "contradicted"
    shares = table[table["role"] == "part"].set_index("label")["value"]
    assert shares.to_dict() == {"AND/OR": 1, "AND/NOR": 0}
    assert row(table, "E1", "beside")["value"] == 39 / 40
