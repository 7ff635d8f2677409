"""Which configuration a command takes when none is named, and how stored files look to it."""

import os
import subprocess
from pathlib import Path

from workflow import launch


def test_stored_results_of_the_papers_are_what_redrawing_works_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert launch.default_configuration(from_stored=True) == Path("config/laptop.yaml")
    stored = tmp_path / "results/paper/manifest.tsv"
    stored.parent.mkdir(parents=True)
    stored.touch()
    assert launch.default_configuration(from_stored=True) == Path("config/paper.yaml")
    assert launch.default_configuration(from_stored=False) == Path("config/laptop.yaml")


def test_files_that_are_as_version_control_keeps_them_are_of_one_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("results/paper")
    folder.mkdir(parents=True)
    times = {"input": 3000, "output": 2000, "edited": 4000, "made": 5000, "deleted": 1000}
    for name in times:
        (folder / name).write_text(name)
    for command in ("init -q", "add results", "rm -q --cached results/paper/made"):
        subprocess.run(["git", *command.split()], check=True)
    (folder / "edited").write_text("anew")
    for name, seconds in times.items():
        os.utime(folder / name, (seconds, seconds))
    (folder / "deleted").unlink()
    launch.settle_times([folder])
    found = {path.name: path.stat().st_mtime for path in folder.iterdir()}
    assert found == {"input": 2000, "output": 2000, "edited": 4000, "made": 5000}
    before = {path.name: path.stat().st_ctime_ns for path in folder.iterdir()}
    launch.settle_times([folder])
    after = {path.name: path.stat().st_ctime_ns for path in folder.iterdir()}
    assert after == before, "what is settled is left alone, or git must read it all again"


def test_outside_a_repository_no_file_is_settled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("a")
    os.utime("a", (1000, 1000))
    for path in (os.environ["PATH"], ""):
        monkeypatch.setenv("PATH", path)
        launch.settle_times([Path()])
    assert Path("a").stat().st_mtime == 1000


def test_a_report_is_named_where_no_figure_was_drawn(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    figure, page = Path("paper_figures/own/figure2.pdf"), Path("results/own/report/report.html")
    verdicts = Path("results/own/verdicts/verdicts.csv")
    for path in (figure, page, verdicts):
        path.parent.mkdir(parents=True)
        path.touch()
    verdicts.write_text("role,verdict\njudged,reproduced\n")
    os.utime(figure, (1000, 1000))
    for written, word in ((1000, "nothing to do: 1 figures"), (3000, "report written in ")):
        os.utime(page, (written, written))
        launch.report("own", start=2000, code=0)
        assert word in capsys.readouterr().out
