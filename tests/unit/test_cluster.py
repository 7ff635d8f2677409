"""What is checked before a run on Slurm, on a machine without one; and the plan of a run."""

from pathlib import Path

import pytest

from neuroswitch import costs, settings
from neuroswitch.errors import NeuroswitchError
from workflow import cluster, plan

PROFILE = Path("profiles/slurm")


def test_a_profile_that_does_not_exist_lists_those_that_do():
    with pytest.raises(NeuroswitchError, match=r"no profile profiles/slrm .*default, slurm"):
        cluster.options(Path("profiles/slrm"), None, None)


def test_a_profile_that_would_run_here_is_refused():
    with pytest.raises(NeuroswitchError, match="executor: slurm"):
        cluster.options(Path("profiles/default"), None, None)


@pytest.mark.parametrize("text", ["executor: [slurm\n", "slurm\n"])
def test_a_profile_that_is_no_yaml_is_named(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(NeuroswitchError, match=r"config\.yaml is not a profile in YAML"):
        cluster.options(tmp_path, None, None)


def test_of_several_files_of_a_profile_that_is_read_which_snakemake_takes(tmp_path):
    for name in ("profile", "config.v8+", "config.v9999+"):
        (tmp_path / f"{name}.yaml").write_text(f"executor: slurm\njobs: {name}\n")
    assert cluster.read_profile(tmp_path)["jobs"] == "config.v8+"


@pytest.mark.parametrize("name", ["default-resources", "set-resources"])
@pytest.mark.parametrize("entry", ["mem_mb=1", "[mem_mb]", "[{mem_mb: 1}]", "[mem_mb=1, 7]"])
def test_resources_of_another_form_are_named(tmp_path, name, entry):
    (tmp_path / "config.yaml").write_text(f"executor: slurm\n{name}: {entry}\n")
    with pytest.raises(
        NeuroswitchError, match=rf"config\.yaml: {name} is .*mem_mb.*; .*lines such as"
    ):
        cluster.read_profile(tmp_path)


@pytest.mark.parametrize("entry", ["{mem_mb: 1}", "[mem_mb=1]", ""])
def test_resources_are_lines_or_a_list_or_left_out(tmp_path, entry):
    (tmp_path / "config.yaml").write_text(f"executor: slurm\ndefault-resources: {entry}\n")
    found = cluster.resources(cluster.read_profile(tmp_path)["default-resources"])
    assert {name: str(value) for name, value in found.items()} == ({"mem_mb": "1"} if entry else {})


def test_a_missing_slurm_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NeuroswitchError, match=r"no Slurm on this machine \(no command sinfo\)"):
        cluster.options(PROFILE, None, None)


@pytest.fixture
def slurm(monkeypatch, tmp_path):
    """Put commands on the path that answer as Slurm's do."""

    def make(**answers):
        for name, answer in answers.items():
            command = tmp_path / name
            command.write_text(f"#!/bin/sh\n{answer}\n")
            command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


def test_a_partition_and_an_account_are_those_that_slurm_knows(slurm):
    slurm(sinfo="printf 'short\\nlong\\n'", sacctmgr="echo physics")
    assert cluster.options(PROFILE, "long", "physics")[-2:] == [
        "slurm_partition=long",
        "slurm_account=physics",
    ]
    with pytest.raises(NeuroswitchError, match=r"no partition 'logn' .*did you mean 'long'"):
        cluster.options(PROFILE, "logn", None)
    with pytest.raises(NeuroswitchError, match=r"no account 'chemistry' .*it has: physics"):
        cluster.options(PROFILE, None, "chemistry")


def test_of_several_partitions_each_is_one_that_slurm_knows(slurm):
    slurm(sinfo="printf 'short\\nlong\\n'", sacctmgr="printf 'physics\\nbiology\\n'")
    assert "slurm_partition=long,short" in cluster.options(PROFILE, "long,short", None)
    with pytest.raises(NeuroswitchError, match=r"no partition 'logn' .*did you mean 'long'"):
        cluster.options(PROFILE, "short,logn", None)
    with pytest.raises(NeuroswitchError, match=r"no account 'physics,biology'"):
        cluster.options(PROFILE, None, "physics,biology")


def test_a_job_that_does_not_end_is_named_and_not_waited_for(slurm, monkeypatch):
    stuck = f"{Path.cwd()}|rule_train_gates|7"
    slurm(squeue=f"echo '{stuck}'", scancel="exit 0")
    monkeypatch.setattr(cluster, "ENDING", 0)
    waited = []
    monkeypatch.setattr(cluster.time, "sleep", waited.append)
    with pytest.raises(NeuroswitchError, match=r"has not ended 7; `squeue --me` says why"):
        cluster.cancel_orphans()
    assert len(waited) < 3


def test_without_accounting_any_account_will_do(slurm):
    slurm(sinfo="echo short", sacctmgr="exit 1")
    assert cluster.options(PROFILE, None, "chemistry")[-1] == "slurm_account=chemistry"


def test_a_controller_that_is_down_is_named(slurm):
    slurm(sinfo="echo connection refused >&2; exit 1")
    with pytest.raises(NeuroswitchError, match=r"does not answer: .*connection refused"):
        cluster.options(PROFILE, None, None)


@pytest.mark.parametrize(
    "entry",
    [
        {"train_rnn": {"slurm_partition": "gpu", "mem_mb": 1}, "other": {"mem_mb": 1}},
        ["train_rnn:slurm_partition=gpu", "other:mem_mb=1"],
    ],
)
def test_partitions_of_single_rules_are_found(entry):
    found = cluster.values({"set-resources": entry}, {"slurm_partition": 7}, "slurm_partition")
    assert list(found) == ["7", "gpu"]


def test_only_failed_jobs_of_this_folder_and_this_run_are_named(slurm):
    rows = [
        f"{Path.cwd()}|rule_train_gates|7|TIMEOUT|TimeLimit|1:01|2030-01-01T10:00:00",
        f"{Path.cwd()}|rule_train_gates|8|COMPLETED|None|1:01|2030-01-01T10:00:00",
        f"{Path.cwd()}|rule_train_gates|6|FAILED|None|1:01|2001-01-01T10:00:00",
        f"{Path.cwd()}|(null)|5|FAILED|None|1:01|2030-01-01T10:00:00",
        "/elsewhere|rule_train_gates|4|FAILED|None|1:01|2030-01-01T10:00:00",
    ]
    slurm(squeue=f"cat <<END\n{chr(10).join(rows)}\nEND")
    assert cluster.failures(since=1.7e9) == [
        "job 7 of rule_train_gates: TIMEOUT, TimeLimit, after 1:01"
    ]


def test_what_a_figure_needs_is_everything_behind_it():
    nodes = {
        "0": plan.Node("draw", {}, True, ["1", "2"]),
        "1": plan.Node("gather", {}, True, ["3"]),
        "2": plan.Node("gather", {}, True, ["3"]),
        "3": plan.Node("train", {}, True),
        "4": plan.Node("train", {}, True),
    }
    assert plan.reached(nodes, "0") == {"0", "1", "2", "3"}


def test_a_plan_fits_80_columns(capsys, monkeypatch, tmp_path):
    """The longest name of a figure, hours that are not all recorded, and nothing recorded."""
    monkeypatch.setenv("COLUMNS", "80")
    nodes = {
        "0": plan.Node("draw_measure_wait_go_signals", {}, True, ["2", "3"]),
        "1": plan.Node("draw_figure2_switching_rate", {}, True, ["4"]),
        "2": plan.Node("train_rnn", {"experiment": "element_finder", "chunk": "0-9"}, True),
        "3": plan.Node("train_rnn", {"experiment": "multitask_as_published", "chunk": "0-9"}, True),
        "4": plan.Node("train_rnn", {"experiment": "multitask_as_published", "chunk": "0-9"}, True),
    }
    record = costs.Record("paper", "one", "rnn", "element_finder", 1, 1.0, 1.0, 1.0, 10240.0)
    monkeypatch.setattr(plan, "graph", lambda options: nodes)
    monkeypatch.setattr(costs, "read", lambda path: [record])
    known = settings.load(Path("config/laptop.yaml"))
    monkeypatch.chdir(tmp_path)  # No job has run here.
    plan.show(known, [])
    rows = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows] == [
        "figure",
        "figure2_switching_rate",
        "measure_wait_go_signals",
        "everything",
    ]
    assert rows[1].count("not recorded") == 3
    assert rows[2].count("> ") == 3
    assert max(map(len, rows)) <= 80
