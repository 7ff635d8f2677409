"""Which configuration a command takes when none is named."""

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
