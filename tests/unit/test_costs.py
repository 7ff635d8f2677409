"""What jobs are expected to cost, and what they ask a cluster for."""

from pathlib import Path

import pytest
import yaml

from neuroswitch import costs, settings
from neuroswitch.costs import Cost, Job, Record, Size
from neuroswitch.errors import NeuroswitchError
from workflow import record_costs

CONFIG = Path("config")
JOB = Job("gates", "pairs", 10)


@pytest.fixture(scope="module")
def laptop():
    return settings.load(CONFIG / "laptop.yaml")


def record(**changes):
    values = {
        "scale": "laptop",
        "machine": "one",
        "section": "gates",
        "experiment": "pairs",
        "jobs": 2,
        "work": 200.0,
        "held": 50.0,
        "seconds": 100.0,
        "peak_mb": 400.0,
    }
    return Record(**(values | changes))


def test_time_grows_with_work_and_memory_above_the_floor_with_what_is_held():
    records = [record(), record(experiment="budget", peak_mb=300.0)]
    cost = costs.expected(records, "paper", JOB, Size(work=50, held=100))
    assert cost == Cost(seconds=25, peak_mb=300 + 2 * 100, scale="laptop", machine="one")


def test_the_own_scale_comes_first_and_then_the_nearest_in_work():
    records = [record(), record(scale="smoke", work=2.0), record(scale="paper", work=20000.0)]
    near = Size(work=101, held=50)
    assert costs.expected(records, "other", JOB, near).scale == "laptop"
    assert costs.expected(records, "smoke", JOB, near).scale == "smoke"
    assert costs.expected(records, "other", JOB, Size(work=9000, held=50)).scale == "paper"


def test_universes_count_by_their_runs_and_a_confirmation_by_its_own(laptop):
    second_round, confirmed = (
        laptop.gates.experiment(n) for n in ("second_round", "reconstructed")
    )
    size = costs.size_of(laptop, Job("gates", "second_round", 3))
    assert size == Size(work=3 * second_round.runs, held=second_round.runs)
    whole = costs.job_of(laptop, "gates", {"experiment": "reconstructed"})
    assert costs.size_of(laptop, whole) == Size(work=confirmed.runs, held=confirmed.runs)


def test_what_was_never_recorded_has_no_cost():
    assert costs.expected([record()], "laptop", Job("mnist", "pairs", 10), Size(1, 1)) is None
    assert costs.expected([], "laptop", JOB, Size(1, 1)) is None


def test_recording_a_scale_changes_no_line_of_the_others(tmp_path):
    again = tmp_path / "costs.tsv"
    costs.write(again, costs.read(CONFIG / "costs.tsv"))
    assert again.read_bytes() == (CONFIG / "costs.tsv").read_bytes()


def test_a_failed_job_asks_for_twice_the_memory_and_time():
    cost = Cost(seconds=600, peak_mb=1000, scale="laptop", machine="one")
    asked = [(costs.memory_mb(cost, n), costs.minutes(cost, n)) for n in (1, 2, 3, 9)]
    (memory, minutes), *later = asked
    assert later == [(k * memory, k * minutes) for k in (2, 4, 4)]
    assert memory >= 1000 + costs.SNAKEMAKE_MB
    assert minutes > 600 / 60


@pytest.mark.parametrize(
    ("section", "wildcards", "runs"),
    [
        ("gates", {"experiment": "pairs", "chunk": "500-999"}, 500),
        ("gates", {"experiment": "switched"}, 100),
        ("gates", {"experiment": "multiverse", "chunk": "75-99"}, 25),
        ("gates", {"experiment": "multiverse"}, 100),
        ("mnist", {"experiment": "sizes", "chunk": "2-2"}, 1),
        ("mnist", {"experiment": "multiverse", "chunk": "4-5"}, 2),
        ("mnist", {"experiment": "multiverse"}, 8),
    ],
)
def test_wildcards_say_how_many_runs_a_job_has(laptop, section, wildcards, runs):
    assert costs.job_of(laptop, section, wildcards).runs == runs


def test_work_is_proportional_to_runs_and_known_by_hand(laptop):
    # six pairs of gates, 500 cycles of 10 epochs on each of two tasks
    assert costs.size_of(laptop, Job("gates", "pairs", 7)).work == 7 * 6 * 500 * 10 * 2
    # seven universes of 16 runs
    assert costs.size_of(laptop, Job("gates", "multiverse", 7)).work == 7 * 16
    # four strategies of six sizes, an epoch of 60 000 images each
    assert costs.size_of(laptop, Job("mnist", "sizes", 3)).work == 3 * 4 * 6 * 60000
    # two seeds of six sizes, 10 000 images each
    assert costs.size_of(laptop, Job("mnist", "multiverse", 5)).work == 5 * 2 * 6 * 10000


def test_benchmarks_are_read_by_experiment(laptop, tmp_path):
    header = "s\th:m:s\tmax_rss\n"
    for name, row in {
        "gates/pairs/0-499": "20.5\t0:00:20\t300.5",
        "gates/pairs/500-999": "30.25\t0:00:30\t400",
        "gates/alone/all": "5\t0:00:05\t100",
        "mnist/sizes/0-0": "0.1\t0:00:00\tNA",
        "gates/pairs/0-99": "9\t0:00:09\t90",
        "gates/forgotten/0-9": "9\t0:00:09\t90",
        "gates/pairs": "9\t0:00:09\t90",
        "gates/pairs/0-9/copy": "9\t0:00:09\t90",
        "no_section/pairs/all": "9\t0:00:09\t90",
        "gates/budget/all": "9",
    }.items():
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{header}{row}\n")
    alone, pairs = costs.benchmarked(tmp_path, laptop, "here")
    assert (pairs.experiment, pairs.jobs, pairs.seconds, pairs.peak_mb) == ("pairs", 2, 50.75, 400)
    assert pairs.work == costs.size_of(laptop, Job("gates", "pairs", 1000)).work
    assert (alone.experiment, alone.seconds) == ("alone", 5)


def test_what_a_job_took_that_kept_its_tables_is_not_recorded():
    stored = [record(), record(experiment="budget", work=1.0), record(experiment="other")]
    found = [record(seconds=3.0), record(experiment="budget", seconds=3.0)]
    assert record_costs.longest(found, stored) == [stored[0], found[1]], "budget does other work"
    assert record_costs.longest([record(seconds=300.0)], stored) == [record(seconds=300.0)]


def test_a_table_of_costs_survives_writing_and_a_damaged_one_is_named(tmp_path):
    path = tmp_path / "costs.tsv"
    assert costs.read(path) == []
    records = [record(), record(experiment="budget", seconds=0.25)]
    costs.write(path, records)
    assert sorted(costs.read(path), key=lambda r: r.seconds) == records[::-1]
    path.write_text(path.read_text().replace("0.25", "soon"))
    with pytest.raises(NeuroswitchError, match=r"costs.tsv is not a table of costs .*soon"):
        costs.read(path)


def test_a_fresh_clone_knows_what_every_experiment_costs(laptop):
    known = {(record.section, record.experiment) for record in costs.read(CONFIG / "costs.tsv")}
    for section in costs.SIZES:
        part = getattr(laptop, section)
        for name in (*part.experiments, *getattr(part, "traces", ())):
            assert (section, name) in known, name


def test_the_profile_of_a_cluster_keeps_what_the_default_one_says():
    default, slurm = (
        yaml.safe_load(Path("profiles", name, "config.yaml").read_text(encoding="utf-8"))
        for name in ("default", "slurm")
    )
    assert default.pop("cores") == "all"
    assert "cores" not in slurm, "jobs would be limited to the cores of the login node"
    assert default.items() <= slurm.items()
