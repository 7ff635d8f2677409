"""Everything that a report states, gathered from tables and footers; nothing is typed here."""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from neuroswitch import index, ledger, manifest, provenance, recipes, schemas, settings, store
from neuroswitch.claims.outcomes import OUTCOMES, place_of
from neuroswitch.errors import NeuroswitchError
from neuroswitch.manifest import Entry
from neuroswitch.numbers import number, quantity
from neuroswitch.recipes import Recipe
from neuroswitch.reporting import captions, code, expenses, scope
from neuroswitch.reporting.captions import Caption
from neuroswitch.reporting.code import Code
from neuroswitch.reporting.expenses import Comparison, Expense
from neuroswitch.reporting.papers import PAPERS, Paper
from neuroswitch.schemas.columns import VECTOR, Schema
from neuroswitch.settings import Settings

TEXTS = Path("workflow/report")
"""The folder of captions and templates, from the project's root."""

ROLES = ("claim", "part", "beside")

PAPERS_SCALE = "paper"
"""The scale whose numbers of runs are those fixed for the verdicts."""

SMALLER = (
    "Experiments are smaller than at scale paper, with fewer runs, networks or steps, so that "
    "fewer claims can be decided; “as published” then holds for the method and not for the length."
)
"""Why outcomes of any other scale are provisional."""

PREVIEW = 6
"""Rows of a table that the page shows."""


@dataclass(frozen=True)
class Verdict:
    """A claim in one of its variants; every row is one of the table `verdicts`, by column.

    decisive : the row of the part that decides
    parts, beside : the rows of its parts, and of numbers that are shown and not judged
    first_round : rows of results/first_round.csv, several where variants have gone
    """

    variant: str
    decisive: dict[str, Any]
    parts: list[dict[str, Any]]
    beside: list[dict[str, Any]]
    first_round: list[dict[str, Any]]

    @property
    def outcome(self) -> str:
        return str(self.decisive["outcome"])


@dataclass(frozen=True)
class Claim:
    """A claim: its verdicts, a variant each, and where to see what they are computed from.

    code : the function that judges it; None where it is declared no more
    """

    id: str
    paper: int
    place: str
    statement: str
    reported: str
    criterion: str
    verdicts: list[Verdict]
    figures: list[str]
    tables: list[str]
    columns: list[str]
    sensitivity: list[dict[str, Any]]
    code: Code | None

    @property
    def flips(self) -> int:
        """How many alternatives change an outcome."""
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
    code: Code | None

    @property
    def core_hours(self) -> float:
        return sum(expense.core_hours for expense in self.expenses)

    @property
    def peak_mb(self) -> float:
        return max((expense.peak_mb for expense in self.expenses), default=0)

    @property
    def label(self) -> str:
        """What a list of a paper's figures calls it, such as "Figure 2 switching rate"."""
        number = self.caption.number
        words = self.name.removeprefix(f"figure{number}").replace("_", " ").strip()
        return f"Figure {number} {words}".strip() if number else words


@dataclass(frozen=True)
class Stored:
    """A table: where it lies, how it was made, and its first rows as text."""

    path: str
    anchor: str
    rule: str
    code: Code | None
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
    scopes: Mapping[str, str]

    def counts(self, paper: int | None = None) -> dict[str, int]:
        """Return how many verdicts have each outcome, of one paper or of all."""
        claims = [claim for claim in self.claims if paper in (None, claim.paper)]
        found = Counter(verdict.outcome for claim in claims for verdict in claim.verdicts)
        return {outcome: found[outcome] for outcome in OUTCOMES if found[outcome]}

    @property
    def provisional(self) -> str:
        """Return why outcomes are provisional; at the papers' scale they are not: an empty text."""
        return "" if self.scale == PAPERS_SCALE else SMALLER

    @property
    def papers(self) -> dict[int, Paper]:
        """The papers that have claims here, by number."""
        present = {claim.paper for claim in self.claims}
        return {number: paper for number, paper in PAPERS.items() if number in present}

    def claims_of(self, paper: int) -> list[Claim]:
        """Return the claims of a paper."""
        return [claim for claim in self.claims if claim.paper == paper]

    def headlines(self, paper: int) -> list[Claim]:
        """Return the claims by which a reader who has one minute knows how a paper fared."""
        chosen = PAPERS[paper].headlines
        return [claim for claim in self.claims_of(paper) if claim.id in chosen]

    def figures_of(self, paper: int) -> list[Drawing]:
        """Return the figures about a paper."""
        return [figure for figure in self.figures if figure.caption.paper == paper]

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


def stored_at(results: Path, project: Path) -> Facts:
    """Return what is to be reported of results/<scale>/, whose recipes and manifest are written.

    Raises as `gather` does.
    """
    made, config = recipes.read(results / "recipes.json")
    return gather(
        settings.validate(config),
        config,
        made,
        list(manifest.read(results / "manifest.tsv").values()),
        ledger_path=project / "config/ambiguities.yaml",
        records=project / "config/costs.tsv",
        benchmarks=project / "results/benchmarks/rnn.csv",
        first_round=project / "results/first_round.csv",
        caption_folder=project / TEXTS,
    )


def gather(
    chosen: Settings,
    config: Mapping[str, Any],
    made: Iterable[Recipe],
    tables: Sequence[Entry],
    ledger_path: Path,
    records: Path,
    benchmarks: Path,
    first_round: Path,
    caption_folder: Path,
) -> Facts:
    """Return what is to be reported of a scale, from its files.

    `records` is config/costs.tsv, `benchmarks` the table that `make benchmark` writes of recurrent
    networks, `first_round` results/first_round.csv; a copy of the project may lack the last two.

    Raises
    ------
    NeuroswitchError : a table, a caption or the ledger is missing or malformed
    """
    of_file = recipes.by_output(made)
    trained = {recipe.trained for recipe in of_file.values() if recipe.trained}
    root = f"results/{chosen.scale}/"
    verdicts = schemas.read(f"{root}verdicts/verdicts.parquet")
    sensitivity = schemas.read(f"{root}verdicts/sensitivity.parquet")
    spent = expenses.trainings(chosen, trained, records)
    figures = drawings(of_file, caption_folder, config, spent)
    claims = claims_of(verdicts, sensitivity, first_verdicts(first_round), figures, of_file, root)
    footers = [store.provenance_of(Path(entry.path)) for entry in tables]
    return Facts(
        scale=chosen.scale,
        claims=claims,
        figures=figures,
        tables=[stored(entry, of_file, figures, claims) for entry in tables],
        ledger=ledger_of(ledger_path, sensitivity),
        alternatives=rows_of(
            sensitivity[["ambiguity", "alternative", "label"]]
            .drop_duplicates()
            .sort_values("alternative", key=lambda column: column.map(natural))
        ),
        expenses=spent,
        comparisons=expenses.comparisons(chosen, benchmarks),
        unrecorded=[
            " ".join(name)
            for name in sorted(trained - {(each.section, each.experiment) for each in spent})
        ],
        origin=origin(footers),
        scopes=scope.sentences(of_file, root),
    )


def claims_of(
    verdicts: pd.DataFrame,
    sensitivity: pd.DataFrame,
    first_round: Iterable[dict[str, Any]],
    figures: Iterable[Drawing],
    known: Mapping[str, Recipe],
    root: str,
) -> list[Claim]:
    """Return the claims: of paper 1, of paper 2, ours, beyond them, others, each by number.

    Raises
    ------
    NeuroswitchError : a verdict has an outcome that is not known, or no deciding part
    """
    require_known(verdicts)
    figures, first_round = list(figures), list(first_round)
    declared = index.all_of("claim")
    claims = []
    for name in sorted(verdicts["claim"].unique(), key=place_of):
        own = verdicts[verdicts["claim"] == name]
        first = own.iloc[0]
        where = declared[name].where if name in declared else None
        claims.append(
            Claim(
                id=name,
                paper=int(first["paper"]),
                place=first["place"],
                statement=first["statement"],
                reported=first["reported"],
                criterion=first["criterion"],
                verdicts=verdicts_of(own, [row for row in first_round if row["claim"] == name]),
                figures=[f.name for f in figures if name in f.caption.claims],
                tables=tables_in(own["files"], known, root),
                columns=unique(own["columns"]),
                sensitivity=rows_of(sensitivity[sensitivity["claim"] == name]),
                code=code.of(where.module, where.name) if where else None,
            )
        )
    return claims


def verdicts_of(own: pd.DataFrame, first_round: Iterable[dict[str, Any]]) -> list[Verdict]:
    """Return the verdicts on one claim, a variant each, in the order of the table."""
    first_round = list(first_round)
    found = []
    for variant, rows in own.groupby("variant", sort=False):
        by_role = {role: rows_of(rows[rows["role"] == role]) for role in ROLES}
        if len(by_role["claim"]) != 1:
            raise NeuroswitchError(
                f"the table of verdicts has {len(by_role['claim'])} rows of role 'claim' for "
                f"{rows['claim'].iloc[0]}, variant {variant}, and one is expected; "
                "`make report` judges again"
            )
        found.append(
            Verdict(
                variant=str(variant),
                decisive=by_role["claim"][0],
                parts=by_role["part"],
                beside=by_role["beside"],
                first_round=[row for row in first_round if variant in ("none", row["variant"])],
            )
        )
    return found


def require_known(verdicts: pd.DataFrame) -> None:
    """Raise NeuroswitchError where a claim or a part has an outcome that is not known."""
    outcomes = verdicts.loc[verdicts["role"] != "beside", "outcome"]
    if unknown := sorted(set(outcomes) - set(OUTCOMES)):
        raise NeuroswitchError(
            f"the table of verdicts holds the outcomes {', '.join(map(repr, unknown))}, and known "
            f"are {', '.join(OUTCOMES)}; `make report` judges again"
        )


def first_verdicts(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the first round's verdicts, numbers as numbers; none without the file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    # Where a number has no interval, its ends are empty.
    return [row | {n: float(row[n] or "nan") for n in ("value", "low", "high")} for row in rows]


def tables_in(files: Iterable[str], known: Mapping[str, Recipe], root: str) -> list[str]:
    """Return the paths of tables from the project's root, however the verdicts name them."""
    named = unique(files)
    paths = [name if name.startswith("results/") else f"{root}{name}" for name in named]
    if unknown := [path for path in paths if path not in known]:
        raise NeuroswitchError(
            f"no rule makes {', '.join(unknown)}, which the verdicts cite; "
            "`make reproduce` judges again"
        )
    return paths


def unique(joined: Iterable[str]) -> list[str]:
    """Return each of some names once; they are joined by semicolons.

    >>> unique(["a; b", "b; c", ""])
    ['a', 'b', 'c']
    """
    names = (name.strip() for each in joined for name in each.split(";"))
    return list(dict.fromkeys(name for name in names if name))


def drawings(
    of_file: Mapping[str, Recipe], folder: Path, config: Any, spent: Iterable[Expense]
) -> list[Drawing]:
    """Return the figures in the order of the papers: those that redraw one, then the others."""
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
                code=code.of_recipe(recipe),
            )
        )
    return sorted(found, key=_place)


def _place(figure: Drawing) -> tuple[int, float, str]:
    """Return the key that sorts the figures; those that redraw none come last."""
    paper, number = figure.caption.paper, figure.caption.number
    return list(PAPERS).index(paper), number or math.inf, figure.name


def stored(
    entry: Entry,
    of_file: Mapping[str, Recipe],
    figures: Iterable[Drawing],
    claims: Iterable[Claim],
) -> Stored:
    """Return a table as the page shows it."""
    schema = schemas.of(entry.path)
    shown = [column.name for column in schema.columns if column.type != VECTOR]
    head = store.content(Path(entry.path)).select(shown).slice(0, PREVIEW).to_pylist()
    return Stored(
        path=entry.path,
        anchor=anchor(entry.path),
        rule=entry.rule,
        code=code.of_recipe(of_file[entry.path]),
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
    """Return the entries of the ledger, each with the outcomes that its alternatives change."""
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
        seeds=sorted({seed for footer in footers for seed in provenance.seeds_of(footer)}),
    )


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows


def natural(text: str) -> list[Any]:
    """Return a key that sorts A9 before A10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def anchor(path: str) -> str:
    """Return the name under which a page links to a table."""
    return "table-" + "-".join(Path(path).with_suffix("").parts[2:])


def estimate(row: Mapping[str, Any], of: str = "") -> str:
    """Return a value with its interval in the unit of its row; shares are percentages.

    `of` stands before the names of the columns: "null_" is the null control's number.

    >>> estimate({"value": 0.314, "low": 0.286, "high": 0.343, "unit": "%"})
    '31.4 % [28.6, 34.3]'
    >>> estimate({"value": 35.0, "low": float("nan"), "high": float("nan"), "unit": "epochs"})
    '35 epochs'
    """
    return f"{quantity(row[f'{of}value'], row[f'{of}unit'])} {interval_of(row, of)}".strip()


def interval_of(row: Mapping[str, Any], of: str = "") -> str:
    """Return an interval in the unit of its row, without the unit; nothing where there is none.

    >>> interval_of({"low": -0.2, "high": 0.1, "unit": "points"})
    '[-20.0, +10.0]'
    """
    unit = row[f"{of}unit"]
    shown = {"points": "percentage points"}.get(unit, unit)
    ends = [quantity(row[f"{of}{end}"], unit) for end in ("low", "high")]
    ends = [end.removesuffix(shown).strip() for end in ends]
    return f"[{', '.join(ends)}]" if all(ends) else ""


def probability(p: float) -> str:
    """Return a p-value as a report prints it.

    >>> probability(0.0317), probability(3e-12), probability(float("nan"))
    ('0.0317', '< 0.0001', '')
    """
    return "< 0.0001" if p < 1e-4 else number(float(p))


def said(row: Mapping[Any, Any]) -> str:
    """Return what was measured as a sentence, and why it is undecided or why nothing could be.

    >>> said({"sentence": "It is 2.", "reason": "3 networks: too few to decide"})
    'It is 2. (3 networks: too few to decide)'
    """
    if not row["sentence"]:
        return f"It cannot be tested: {row['reason']}."
    return f"{row['sentence']} ({row['reason']})" if row["reason"] else str(row["sentence"])


def words(name: str) -> str:
    """Return a name as a text prints it, such as that of a variant; nothing for `none`.

    >>> words("as_published:rank_4"), words("none")
    ('as published, rank 4', '')
    """
    return "" if name == "none" else name.replace("_", " ").replace(":", ", ")
