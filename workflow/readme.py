"""Write what README.md says of verdicts, figures and tables into it: `make readme`."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from neuroswitch import index, schemas, store
from neuroswitch.claims.outcomes import OUTCOMES
from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import facts
from neuroswitch.reporting.facts import PAPERS, PAPERS_SCALE, said, words
from neuroswitch.reporting.templates import cell
from workflow import command

README = Path("README.md")
VERDICTS = [Path("results", scale, "verdicts") for scale in (PAPERS_SCALE, "laptop")]
"""Where verdicts may be stored; the first that is there is shown."""
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
        "verdicts": summary(VERDICTS),
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
            module = declared.where.module.removeprefix("neuroswitch.").replace(".", "/")
            folders: dict[str, dict[str, str]] = {}
            for path, schema in declared.writes.items():
                folder, _, name = path.rpartition("/")
                folders.setdefault(folder, {})[f"`{name}`"] = schema.load().name
            for folder, held in folders.items():
                place = folder.replace("{", "<").replace("}", ">")
                names, holds = ", ".join(held), "; ".join(held.values())
                rows.append(f"| `{place}/` | {names} | {holds} | `{module}.py` |")
    head = ["| in | tables | they hold | made by |", "|---|---|---|---|"]
    return "\n".join([*head, *sorted(rows)])


def summary(folders: Sequence[Path]) -> str:
    """Return outcomes by paper and every claim, as Markdown, of the first folder that has verdicts.

    Raises
    ------
    NeuroswitchError : the table of verdicts is malformed
    """
    tables = [folder / "verdicts.parquet" for folder in folders]
    table = next((path for path in tables if path.exists()), None)
    if table is None:
        return "No verdicts are stored here yet: `make reproduce` trains, judges and writes them."
    rows = schemas.read(table)
    claims = rows[rows["role"] == "claim"].sort_values(
        "claim", key=lambda names: names.map(facts.order_of_claims), kind="stable"
    )
    scale = table.parts[-3]
    provisional = (
        f"These are the results of scale `{scale}`, which has fewer runs than the papers' scale. "
        "**All outcomes are\nprovisional** until `make reproduce CONFIG=config/paper.yaml` has run."
    )
    return "\n".join(
        [
            *([provisional, ""] if scale != PAPERS_SCALE else []),
            *_counts(claims),
            "",
            "Each claim with its parts, intervals and tests, and what the outcomes mean: "
            "[`REPRODUCTION.md`](REPRODUCTION.md).",
            "",
            "| claim | the paper says | we measured | outcome |",
            "|---|---|---|---|",
            *(_line(row) for row in claims.to_dict("records")),
        ]
    )


def _counts(claims: pd.DataFrame) -> list[str]:
    """Return a table of how many claims of each paper have each outcome."""
    counts = pd.crosstab(claims["paper"], claims["outcome"])
    shown = [outcome for outcome in OUTCOMES if outcome in counts]
    return [
        f"| | {' | '.join(shown)} |",
        f"|---|{'--:|' * len(shown)}",
        *(
            f"| {name} | {' | '.join(str(counts.loc[paper, outcome]) for outcome in shown)} |"
            for paper, name in PAPERS.items()
            if paper in counts.index
        ),
    ]


def _line(row: Mapping[Hashable, Any]) -> str:
    """Return the line of a claim in the table of claims."""
    name = ", ".join(filter(None, [row["claim"], words(row["variant"])]))
    return f"| {name} | {cell(row['statement'])} | {cell(said(row))} | {row['outcome']} |"


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
