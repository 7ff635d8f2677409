"""Write what README.md says of verdicts, figures and tables into it: `make readme`."""

from pathlib import Path

import pandas as pd

from neuroswitch import index, schemas, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import findings
from neuroswitch.reporting.facts import PAPERS, VERDICTS
from workflow import command

README = Path("README.md")
VERDICTS_FOLDER = Path("results/paper/verdicts")
FINDINGS = Path("workflow/findings.md.j2")
CAPTIONS = Path("workflow/report")


def main() -> int:
    text = README.read_text(encoding="utf-8")
    for part, content in parts().items():
        text = with_part(text, part, content)
    store.write_text(README, text)
    return 0


def parts() -> dict[str, str]:
    """Return what stands between the marks of each part, as Markdown."""
    return {
        "verdicts": summary(VERDICTS_FOLDER, FINDINGS),
        "figures": figures(CAPTIONS),
        "tables": tables(),
    }


def figures(folder: Path) -> str:
    """Return a table of all figures, by the titles of their captions."""
    rows = []
    for name, declared in sorted(index.all_of("figure").items()):
        caption = folder / f"{name}.rst"
        if caption.exists():
            title = caption.read_text(encoding="utf-8").partition("\n")[0].strip("*")
            kind = ".html" if declared.arguments.get("page") else ""
            rows.append(f"| `{name}{kind}` | {title} |")
    return "\n".join(["| figure | shows |", "|---|---|", *rows])


def tables() -> str:
    """Return a table of all tables, by the declarations that write them."""
    rows = []
    for kind in schemas.WRITING:
        for declared in index.all_of(kind).values():
            written = declared.writes
            folder = next(iter(written)).rpartition("/")[0].replace("{", "<").replace("}", ">")
            names = ", ".join(f"`{path.rpartition('/')[2]}`" for path in written)
            holds = "; ".join(schema.load().name for schema in written.values())
            module = declared.where.module.removeprefix("neuroswitch.").replace(".", "/")
            rows.append(f"| `{folder}/` | {names} | {holds} | `{module}.py` |")
    head = ["| in | tables | they hold | made by |", "|---|---|---|---|"]
    return "\n".join([*head, *sorted(rows)])


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


def with_part(text: str, part: str, content: str) -> str:
    """Return a text with what stands between the marks of a part replaced.

    Raises
    ------
    NeuroswitchError : it has no such marks
    """
    start, end = f"<!-- {part}: made by `make readme` -->", f"<!-- end of {part} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise NeuroswitchError(f"{README} must hold the lines {start!r} and {end!r}, in this order")
    return f"{before}{start}\n\n{content}\n\n{end}{after}"


if __name__ == "__main__":
    command.run(main)
