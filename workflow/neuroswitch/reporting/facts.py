"""Everything that a report states, gathered from tables and footers; nothing is typed here."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch import ledger, manifest, recipes, schemas, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe
from neuroswitch.reporting import captions, expenses
from neuroswitch.reporting.captions import Caption
from neuroswitch.reporting.expenses import Comparison, Expense
from neuroswitch.schemas.columns import VECTOR, Schema
from neuroswitch.settings import Settings

VERDICTS = ("reproduced", "direction only", "calibrated", "not reproduced", "not testable")
"""From best to worst; the order of summaries."""

PAPERS = {1: "Paper 1", 2: "Paper 2", 0: "Ours"}

PREVIEW = 6
"""Rows of a table that the page shows."""


@dataclass(frozen=True)
class Claim:
    """A claim: its judged numbers, those beside them, and where to see them."""

    id: str
    paper: int
    place: str
    statement: str
    reported: str
    judged: list[dict[str, Any]]
    beside: list[dict[str, Any]]
    figures: list[str]
    tables: list[str]
    sensitivity: list[dict[str, Any]]

    @property
    def flips(self) -> int:
        """How many alternatives change a verdict."""
        return len({row["alternative"] for row in self.sensitivity if row["flips"]})


@dataclass(frozen=True)
class Drawing:
    """A figure: its rule, caption, files and tables, and what the experiments behind it took."""

    name: str
    rule: str
    caption: Caption
    files: tuple[str, ...]
    tables: tuple[str, ...]
    expenses: tuple[Expense, ...]

    @property
    def core_hours(self) -> float:
        return sum(expense.core_hours for expense in self.expenses)

    @property
    def peak_mb(self) -> float:
        return max((expense.peak_mb for expense in self.expenses), default=0)


@dataclass(frozen=True)
class Stored:
    """A table: where it lies, how it was made, and its first rows as text."""

    path: str
    anchor: str
    rule: str
    version: str
    rows: int
    sha256: str
    schema: Schema
    preview: list[list[str]]
    shown: list[str]
    used_by: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Origin:
    """What footers say of code and machines, each value with the number of its tables."""

    commits: Mapping[str, int]
    dirty: int
    processors: Mapping[str, int]
    pythons: Mapping[str, int]
    packages: Mapping[str, list[str]]
    seeds: list[int]


@dataclass(frozen=True)
class Facts:
    """What the page and the summary show."""

    scale: str
    claims: list[Claim]
    figures: list[Drawing]
    tables: list[Stored]
    ledger: list[dict[str, Any]]
    alternatives: list[dict[str, Any]]
    expenses: list[Expense]
    comparisons: list[Comparison]
    unrecorded: list[str]
    origin: Origin

    def counts(self, paper: int | None = None) -> dict[str, int]:
        """Return how many judged rows have each verdict, of one paper or of all."""
        rows = [row for c in self.claims if paper in (None, c.paper) for row in c.judged]
        found = Counter(row["verdict"] for row in rows)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    @property
    def papers(self) -> dict[int, str]:
        """Number and name of each paper that has claims here."""
        present = {claim.paper for claim in self.claims}
        return {number: name for number, name in PAPERS.items() if number in present}

    @property
    def core_hours(self) -> float:
        return sum(expense.core_hours for expense in self.expenses)

    @property
    def peers(self) -> list[str]:
        """What recurrent networks were timed beside."""
        return list(dict.fromkeys(peer for row in self.comparisons for peer in row.peers))

    @property
    def totals(self) -> list[Comparison]:
        """Their core-hours over all networks, for each width of vectors."""
        return expenses.totals(self.comparisons)


def gather(
    settings: Settings,
    config: Mapping[str, Any],
    made: Iterable[Recipe],
    manifest_path: Path,
    ledger_path: Path,
    records: Path,
    benchmarks: Path,
    caption_folder: Path,
) -> Facts:
    """Return what is to be reported of a scale, from its files.

    `records` is config/costs.tsv, `benchmarks` the table that `make benchmark` writes of recurrent
    networks.

    Raises
    ------
    NeuroswitchError : a table, a caption or the ledger is missing or malformed
    """
    of_file = recipes.by_output(made)
    trained = {recipe.trained for recipe in of_file.values() if recipe.trained}
    root = f"results/{settings.scale}/"
    verdicts = schemas.read(f"{root}verdicts/verdicts.parquet")
    sensitivity = schemas.read(f"{root}verdicts/sensitivity.parquet")
    spent = expenses.trainings(settings, trained, records)
    figures = drawings(of_file, caption_folder, config, spent)
    claims = claims_of(verdicts, sensitivity, figures, of_file, root)
    listed = manifest.read(manifest_path)
    footers = [store.provenance_of(Path(path)) for path in listed]
    return Facts(
        scale=settings.scale,
        claims=claims,
        figures=figures,
        tables=[stored(entry, figures, claims) for entry in listed.values()],
        ledger=ledger_of(ledger_path, sensitivity),
        alternatives=rows_of(
            sensitivity[["ambiguity", "alternative", "label"]]
            .drop_duplicates()
            .sort_values("alternative", key=lambda column: column.map(natural))
        ),
        expenses=spent,
        comparisons=expenses.comparisons(settings, benchmarks),
        unrecorded=[
            " ".join(name)
            for name in sorted(trained - {(each.section, each.experiment) for each in spent})
        ],
        origin=origin(footers),
    )


def claims_of(
    verdicts: pd.DataFrame,
    sensitivity: pd.DataFrame,
    figures: Iterable[Drawing],
    known: Mapping[str, Recipe],
    root: str,
) -> list[Claim]:
    """Return the claims in the order of the specification."""
    unknown = set(verdicts.loc[verdicts["role"] == "judged", "verdict"]) - set(VERDICTS)
    if unknown:
        raise NeuroswitchError(
            f"the table of verdicts holds {', '.join(map(repr, sorted(unknown)))}, and known are "
            + ", ".join(VERDICTS)
        )
    figures = list(figures)
    claims = []
    for name in sorted(verdicts["claim"].unique(), key=order_of_claims):
        own = verdicts[verdicts["claim"] == name]
        judged = own[own["role"] == "judged"]
        if judged.empty:
            raise NeuroswitchError(f"claim {name} has no judged row in the table of verdicts")
        first = judged.iloc[0]
        claims.append(
            Claim(
                id=name,
                paper=int(first["paper"]),
                place=first["place"],
                statement=first["statement"],
                reported=first["reported"],
                judged=rows_of(judged),
                beside=rows_of(own[own["role"] != "judged"]),
                figures=[f.name for f in figures if name in f.caption.claims],
                tables=tables_in(own["files"], known, root),
                sensitivity=rows_of(sensitivity[sensitivity["claim"] == name]),
            )
        )
    return claims


def tables_in(files: Iterable[str], known: Mapping[str, Recipe], root: str) -> list[str]:
    """Return the paths of tables from the project's root, however the verdicts name them."""
    named = dict.fromkeys(
        name.strip() for joined in files for name in joined.split(";") if name.strip()
    )
    paths = [name if name.startswith("results/") else f"{root}{name}" for name in named]
    if unknown := [path for path in paths if path not in known]:
        raise NeuroswitchError(f"no rule makes {', '.join(unknown)}, which the verdicts cite")
    return paths


def drawings(
    of_file: Mapping[str, Recipe], folder: Path, config: Any, spent: Iterable[Expense]
) -> list[Drawing]:
    """Return the figures in the order of their names."""
    spent = list(spent)
    found = []
    for recipe in recipes.figures(of_file):
        trained = {each.trained for each in recipes.behind(of_file, recipe.outputs)}
        found.append(
            Drawing(
                name=recipe.figure,
                rule=recipe.rule,
                caption=captions.of_figure(recipe, folder, config),
                files=recipe.outputs,
                tables=recipe.inputs,
                expenses=tuple(e for e in spent if (e.section, e.experiment) in trained),
            )
        )
    return found


def stored(entry: manifest.Entry, figures: Iterable[Drawing], claims: Iterable[Claim]) -> Stored:
    """Return a table as the page shows it."""
    schema = schemas.of(entry.path)
    shown = [column.name for column in schema.columns if column.type != VECTOR]
    head = manifest.content(Path(entry.path)).select(shown).slice(0, PREVIEW).to_pylist()
    return Stored(
        path=entry.path,
        anchor=anchor(entry.path),
        rule=entry.rule,
        version=entry.version,
        rows=entry.rows,
        sha256=entry.content_sha256,
        schema=schema,
        preview=[[number(row[name]) for name in shown] for row in head],
        shown=shown,
        used_by=[
            *(figure.name for figure in figures if entry.path in figure.tables),
            *(claim.id for claim in claims if entry.path in claim.tables),
        ],
    )


def ledger_of(path: Path, sensitivity: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the entries of the ledger, each with the verdicts that its alternatives change."""
    found = []
    for entry in ledger.load(path):
        own = sensitivity[sensitivity["ambiguity"] == entry.id]
        trained = rows_of(own[["alternative", "label"]].drop_duplicates())
        flips = rows_of(own[own["flips"]])
        found.append(entry.model_dump() | {"trained": trained, "flips": flips})
    return found


def origin(footers: Iterable[Mapping[str, Any]]) -> Origin:
    """Return what footers say of the code and the machines that made the tables."""
    footers = list(footers)
    packages: dict[str, set[str]] = {}
    for footer in footers:
        for name, version in footer["packages"].items():
            packages.setdefault(name, set()).add(version)

    def counted(key: str) -> dict[str, int]:
        return dict(Counter(str(footer[key]) for footer in footers if footer.get(key)))

    return Origin(
        commits=counted("commit"),
        dirty=sum(footer["dirty"] is not False for footer in footers),
        processors=counted("processor"),
        pythons=counted("python"),
        packages={name: sorted(found) for name, found in sorted(packages.items())},
        seeds=sorted({footer["seed"] for footer in footers if "seed" in footer}),
    )


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows


def order_of_claims(name: str) -> tuple[int, int]:
    """Return the place of a claim: paper 1, paper 2, ours, others, each by number."""
    return "SNX".find(name[0]) % 4, int(name[1:])


def natural(text: str) -> list[Any]:
    """Return a key that sorts A9 before A10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def anchor(path: str) -> str:
    """Return the name under which a page links to a table."""
    return "table-" + "-".join(Path(path).with_suffix("").parts[2:])


def number(value: Any) -> str:
    """Return a value as a report prints it: three digits, and nothing for what is missing.

    >>> number(0.31415), number(12345.6), number(float("nan")), number(200)
    ('0.314', '12300', '', '200')
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float):
        digits = np.format_float_positional(value, precision=3, fractional=False, trim="-")
        return digits if 1e-4 <= abs(value) < 1e7 or value == 0 else f"{value:.2e}"
    return str(value)


def estimate(row: Mapping[str, Any]) -> str:
    """Return a value with its interval: 0.314 [0.286, 0.343].

    >>> estimate({"value": 0.314, "low": 0.286, "high": 0.343})
    '0.314 [0.286, 0.343]'
    """
    low, high = number(row["low"]), number(row["high"])
    return f"{number(row['value'])} [{low}, {high}]" if low and high else number(row["value"])
