"""Write what was found at the papers' scale into README.md: `make readme`, after a report."""

from pathlib import Path

import pandas as pd

from neuroswitch import schemas, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import findings
from neuroswitch.reporting.facts import PAPERS, VERDICTS
from workflow import command

README = Path("README.md")
START, END = "<!-- verdicts: made by `make readme` -->", "<!-- end of verdicts -->"
VERDICTS_FOLDER = Path("results/paper/verdicts")
FINDINGS = Path("workflow/findings.md.j2")


def main() -> int:
    text = with_verdicts(README.read_text(encoding="utf-8"), summary(VERDICTS_FOLDER, FINDINGS))
    store.write_text(README, text)
    return 0


def summary(folder: Path, template: Path) -> str:
    """Return the verdicts in short and what they say, as Markdown; if none are stored, how to.

    Raises
    ------
    NeuroswitchError : as `findings.render`
    """
    table = folder / "verdicts.parquet"
    if not table.exists():
        return (
            "Results of the papers' scale are not complete: `make reproduce "
            "CONFIG=config/paper.yaml` trains\nwhat `results/paper/` lacks, and writes their "
            "verdicts to `REPRODUCTION.md`."
        )
    rows = schemas.read(table)
    judged = rows[rows["role"] == "judged"]
    counts = pd.crosstab(judged["paper"], judged["verdict"])
    shown = [verdict for verdict in VERDICTS if verdict in counts]
    lines = [
        f"| | {' | '.join(shown)} |",
        f"|---|{'--:|' * len(shown)}",
        *(
            f"| {name} | {' | '.join(str(counts.loc[paper, verdict]) for verdict in shown)} |"
            for paper, name in PAPERS.items()
            if paper in counts.index
        ),
    ]
    return "\n".join(
        [
            *lines,
            "",
            "Each claim with its numbers: [`REPRODUCTION.md`](REPRODUCTION.md).",
            "",
            "### What we found",
            "",
            findings.render(template, table, folder / "sensitivity.parquet").strip(),
        ]
    )


def with_verdicts(text: str, verdicts: str) -> str:
    """Return a text with what stands between the two marks replaced.

    Raises
    ------
    NeuroswitchError : it has no such marks
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise NeuroswitchError(f"{README} must hold the lines {START!r} and {END!r}, in this order")
    return f"{before}{START}\n\n{verdicts}\n\n{END}{after}"


if __name__ == "__main__":
    command.run(main)
