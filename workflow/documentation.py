"""What README.md and the documentation say of results and declarations, made from stored tables.

A page has the line `<!-- made: paper1 -->` where such a part is to stand, and a note in `*(...)*`
below it, which says what the part holds and where it can be read, for whoever reads the file and
not the page.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from neuroswitch import index, recipes, schemas
from neuroswitch.claims.outcomes import LEVEL, OUTCOMES, TOO_FEW
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.figures.multiverse import CHOICES, LEVELS
from neuroswitch.gates.scope import choices
from neuroswitch.gates.scope.shares import NEITHER
from neuroswitch.numbers import number
from neuroswitch.reporting import facts, method
from neuroswitch.reporting.facts import PAPERS_SCALE, SMALLER, Claim, Drawing, Verdict
from neuroswitch.reporting.papers import PAPERS
from neuroswitch.reporting.scope import sentences
from neuroswitch.reporting.templates import cell
from neuroswitch.schemas.columns import Schema
from workflow.configuration import stored_scale

LEDGER = "config/ambiguities.yaml"
BENCHMARKS = Path("results/benchmarks")
MANY = ("multiverse", "mnist_multiverse", "overview")
"""Figures that are about many claims: a claim is shown with its own one, where it has one."""
MARK = re.compile(r"^<!-- made: (\S+) -->\n\*\((?:.+\n)*?.*\)\*$", re.MULTILINE)
"""A mark with its note."""


def filled(text: str) -> str:
    """Return a page with its marks replaced by the parts that they name.

    Raises
    ------
    NeuroswitchError : no part has the name
    """
    return MARK.sub(lambda mark: part(mark[1]), text)


def part(name: str) -> str:
    """Return a part of a page as Markdown. Raises NeuroswitchError where none has the name."""
    if name not in PARTS:
        raise NeuroswitchError(f"no part of a page is called {name!r}; {nearest(name, PARTS)}")
    return PARTS[name]()


@cache
def judged(scale: str) -> tuple[list[Claim], list[Drawing]]:
    """Return the claims of a scale with their verdicts, and the figures, in their order."""
    root = f"results/{scale}/"
    made, config = recipes.read(Path(root, "recipes.json"))
    of_file = recipes.by_output(made)
    figures = facts.drawings(of_file, facts.TEXTS, config, [])
    verdicts, sensitivity = (
        schemas.read(f"{root}verdicts/{name}.parquet") for name in ("verdicts", "sensitivity")
    )
    return facts.claims_of(verdicts, sensitivity, [], figures, of_file, root), figures


NOTHING = "No verdicts are stored here yet: `make reproduce` trains, judges and writes them."


def provisional() -> str:
    """Return a warning where the scale is smaller than the papers'; else an empty text."""
    scale = stored_scale()
    if scale in ("", PAPERS_SCALE):
        return ""
    return textwrap.fill(
        f"**These are results of scale `{scale}`, and provisional.** {SMALLER} `make reproduce "
        "CONFIG=config/paper.yaml` runs all of it at scale `paper`.",
        100,
    )


def of_verdicts(write: Callable[[list[Claim], list[Drawing]], str]) -> Callable[[], str]:
    """Return what writes a part about the stored verdicts, and says so where none are stored."""

    def written() -> str:
        scale = stored_scale()
        return write(*judged(scale)) if scale else NOTHING

    return written


def tally(claims: Iterable[Claim]) -> str:
    """Return how many verdicts of each paper have each outcome, as a table."""
    found = Counter((claim.paper, each.outcome) for claim in claims for each in claim.verdicts)
    shown = [outcome for outcome in OUTCOMES if any(outcome == known for _, known in found)]
    rows = (
        [paper.name, *(found[number, outcome] for outcome in shown)]
        for number, paper in PAPERS.items()
        if any(number == known for known, _ in found)
    )
    return table(["", *shown], rows, right=shown)


def outcomes() -> str:
    """Return what each outcome means, as a table, from best to worst."""
    return table(["outcome", "meaning"], OUTCOMES.items())


def findings(
    claims: Iterable[Claim],
    figures: Iterable[Drawing],
    scopes: Mapping[str, str],
    files: bool = False,
) -> str:
    """Return the verdicts on five claims as sentences.

    scopes : in how many universes a claim holds, a sentence, by the claim's number
    files : link to files of the project, as README.md does, and not to pages of the documentation
    """
    images = {figure.name: _image(figure) for figure in figures}
    verdicts = (
        _finding(claim, claim.verdicts[0], images[_own_figure(claim)] if files else "", scopes)
        for claim in claims
        if claim.id in FINDINGS
    )
    return "\n".join([UNIVERSES.format("docs/" if files else ""), "", *verdicts])


def found(claims: Iterable[Claim], figures: Iterable[Drawing], files: bool = False) -> str:
    """Return `findings` with the scopes that are stored."""
    return findings(claims, figures, scopes_of(stored_scale()), files)


@cache
def scopes_of(scale: str) -> dict[str, str]:
    """Return in how many universes claims hold at a scale, a sentence each, by their numbers."""
    root = f"results/{scale}/"
    made, _ = recipes.read(Path(root, "recipes.json"))
    return sentences(recipes.by_output(made), root)


UNIVERSES = """\
A *universe* is one random set of values for the choices that paper 1 leaves open. In each one,
networks are trained and claims are judged again ([the multiverse]({}multiverse.md)). A claim that
is neither supported nor contradicted there is inconclusive or not specific. All other numbers are
those of our primary choices."""

FINDINGS = ("S4", "S13", "S17", "N3", "X2")
"""Claims that README.md says: one of each experiment, and what the 30 % of AND/XOR depend on."""


CAUTIONS = {
    "S13": "[Its rule]({rule}) says which rates are about 30 %. Our learning rate was picked by "
    "someone who knew the reported 30 %, so this agreement proves little (A4 in the "
    "[ledger]({ledger})).",
    "S17": "No image belongs to both tasks, so a network without any task signal can solve both "
    "(A16 in the [ledger]({ledger})): this compares accuracies, and does not show that a network "
    "needs to switch.",
}
"""What to know before one believes a finding, by the claim's number."""


def _finding(claim: Claim, verdict: Verdict, image: str, scopes: Mapping[str, str]) -> str:
    variant = facts.words(verdict.variant)
    evidence = (
        f"[figure]({image}), [every number](REPRODUCTION.md#parts)"
        if image
        else f"[evidence](#{claim.id})"
    )
    caution = CAUTIONS.get(claim.id, "").format(
        rule="REPRODUCTION.md#rules" if image else f"#{claim.id}",
        ledger=LEDGER if image else f"../{LEDGER}",
    )
    said = [_measured(verdict.decisive), caution, scopes.get(claim.id)]
    return (
        f"* {claim.statement}{f' ({variant})' if variant else ''}: **{verdict.outcome}**. "
        f"{' '.join(filter(None, said))} "
        f"Claim {claim.id}: {evidence}."
    )


def _measured(row: dict[str, Any]) -> str:
    """Return what was measured as a sentence, with its interval, its number of runs, and why it is
    undecided."""
    if not row["sentence"]:
        return facts.said(row)
    interval = facts.interval_of(row)
    unit = row["unit"] if row["unit"] != "points" else "percentage points"
    known = f"95 % interval {interval} {unit}".rstrip() if interval else ""
    of = "" if TOO_FEW in row["reason"] else f"n = {row['n']}"
    about = "; ".join(filter(None, [", ".join(filter(None, [known, of])), row["reason"]]))
    return f"{row['sentence'].removesuffix('.')} ({about})."


def answers(claims: Iterable[Claim], figures: Iterable[Drawing], paper: int) -> str:
    """Return the claims of a paper, 0 being this project, each below its figure."""
    by_figure: dict[str, list[Claim]] = {}
    own_claims = [claim for claim in claims if claim.paper == paper]
    for claim in own_claims:
        by_figure.setdefault(_own_figure(claim), []).append(claim)
    drawn = {figure.name: figure for figure in figures}
    parts = [*_undecidable(own_claims), *_gaps(own_claims)]
    for name, own in by_figure.items():
        parts.append(_shown(drawn[name]) if name in drawn else "## Without a figure")
        parts += map(_answered, own)
    return "\n\n".join(parts)


def _undecidable(claims: Iterable[Claim]) -> list[str]:
    """Return how many verdicts too few networks leave open, as a sentence; nothing if none."""
    verdicts = [verdict for claim in claims for verdict in claim.verdicts]
    few = sum(each.decisive["reason"].endswith(TOO_FEW) for each in verdicts)
    text = (
        f"Of these {len(verdicts)} verdicts, so few networks were trained for {few} that no result "
        "at this scale could decide them. They are inconclusive for this reason; see "
        "[Method](method.md#how-claims-are-judged)."
    )
    return [text] if few else []


def _gaps(claims: Iterable[Claim]) -> list[str]:
    """Return which numbers no claim has, as a sentence; nothing if none."""
    known = {claim.id for claim in claims}
    last = {
        name[0]: max(int(other[1:]) for other in known if other[0] == name[0]) for name in known
    }
    gaps = [
        f"{letter}{place}"
        for letter, end in sorted(last.items())
        for place in range(1, end)
        if f"{letter}{place}" not in known
    ]
    return [f"No claim has the number {', '.join(gaps)}."] if gaps else []


def _own_figure(claim: Claim) -> str:
    """Return the figure that a claim is shown below: its own one, or else one about many."""
    others = [f for f in claim.figures if f not in MANY]
    primary = [f for f in others if not f.endswith("_reconstructed")]
    return next(iter([*primary, *others, *claim.figures]), "")


def _image(figure: Drawing) -> str:
    return next(path for path in figure.files if path.endswith((".png", ".html")))


def _shown(figure: Drawing) -> str:
    """Return a figure with its title and its caption, folded."""
    return (
        f"## {figure.caption.title}\n\n![{figure.caption.title}](../{_image(figure)})\n\n"
        f"{figure.caption.text}"
    )


def _answered(claim: Claim) -> str:
    """Return a claim as question, answer and evidence."""
    where = f" ({claim.place})" if claim.paper else ""
    said = claim.reported if claim.reported not in ("", "none") else ""
    lines = [
        f"({claim.id})=\n### {claim.id}: {claim.statement}",
        f"**Question.** Does this hold{where}? {_reported(said)}Supported if {claim.criterion}.",
    ]
    for verdict in claim.verdicts:
        variant = facts.words(verdict.variant)
        named = f" ({variant})" if variant else ""
        row = verdict.decisive
        of = f"The part that decides is “{row['label']}”. " if len(verdict.parts) > 1 else ""
        lines.append(f"**Answer{named}: {verdict.outcome}.** {of}{_measured(row)}")
        lines.append(_parts(verdict))
    files = ", ".join(f"[`{path}`](../{path})" for path in claim.tables)
    lines.append(f"**Evidence.** {files}; columns {', '.join(f'`{c}`' for c in claim.columns)}.")
    return "\n\n".join(lines)


def _reported(said: str) -> str:
    if said == "figure only":
        return "The paper shows it in a figure. "
    return f"The paper reports: {said}. " if said else ""


def _parts(verdict: Verdict) -> str:
    """Return the numbers that a verdict has, those that decide and those beside."""
    return table(
        [
            "part",
            "value, 95 % interval",
            "n",
            "compared with",
            "null control",
            "corrected p",
            "outcome",
        ],
        (
            [
                row["label"],
                facts.estimate(row),
                row["n"],
                row["bound"] if row["outcome"] else "",
                f"{row['null_control']}: {facts.estimate(row, 'null_')}"
                if row["null_control"]
                else "",
                facts.probability(row["p_adjusted"]),
                _decided(row),
            ]
            for row in (*verdict.parts, *verdict.beside)
        ),
        right=["n", "corrected p"],
    )


def _decided(row: dict[str, Any]) -> str:
    """Return the outcome of a part, with the reason if it is undecided."""
    if not row["outcome"]:
        return "not judged"
    return f"{row['outcome']} ({row['reason']})" if row["reason"] else str(row["outcome"])


TELLING = 0.4
"""The page on the multiverse shows the claim that is supported in about this share of universes:
its outcome depends on the choices, and chance does not explain it."""


def universes() -> str:
    """Return what the multiverse says of one claim, with one universe where it is supported."""
    scale = stored_scale()
    folder = Path(f"results/{scale}/gates/multiverse")
    if not scale or not (folder / "scope.parquet").exists():
        return NOTHING
    scope, outcomes, drawn, deciding = (
        schemas.read(folder / f"{name}.parquet")
        for name in ("scope", "outcomes", "universes", "deciding")
    )
    whole = scope[scope["choice"] == "all"]
    held = whole[whole["outcome"] == "supported"].set_index("claim")["share"]
    example = str((held - TELLING).abs().idxmin())
    claim = next(each for each in judged(scale)[0] if each.id == example)
    shares = whole[whole["claim"] == example]
    supported = outcomes[(outcomes["claim"] == example) & (outcomes["outcome"] == "supported")]
    texts = [
        f"**The claim.** {example}: {claim.statement}. Of all claims, this is the one whose "
        f"share of universes is nearest to {_percent(TELLING)}.",
        "**At the primary choices: "
        f"{claim.verdicts[0].outcome}.** {_measured(claim.verdicts[0].decisive)}",
        f"**In {shares['universes'].iloc[0]} universes:**",
        table(
            ["outcome", "share of universes, 95 % interval"],
            ([row["outcome"], facts.estimate(_share(row))] for row in shares.to_dict("records")),
        ),
        f"*{NEITHER.capitalize()}* means inconclusive or not specific.",
        f"**What decides.** {decides(deciding[deciding['claim'] == example])}",
    ]
    if len(supported):
        number_of = supported["universe"].iloc[0]
        universe = choices.values(drawn).loc[number_of]
        texts += [
            f"**One universe where it is supported**, number {number_of}:",
            table(["choice", "drawn"], ([CHOICES[c], _drawn(v)] for c, v in universe.items())),
        ]
    return "\n\n".join(texts)


def decides(deciding: pd.DataFrame) -> str:
    """Return which choice has the largest effect on a claim's number, from its rows of a table."""
    known = deciding.dropna(subset=["total_effect", "r2"])
    if known.empty:
        return "Too few universes have a number of this claim, or all have the same, to tell."
    most = known.sort_values("total_effect").iloc[-1]
    return (
        "The choice with the largest effect on the number of this claim is "
        f"“{CHOICES[most['choice']]}”: by itself and in combinations it brings "
        f"{_percent(most['total_effect'])} of the number's variance over universes, by rank. "
        f"All choices together predict {_percent(most['r2'])}."
    )


def chance() -> str:
    """Return what share of universes chance alone explains, as a sentence."""
    return (
        f"A two-sided test at a level of {_percent(LEVEL)} supports a claim that is false in up to "
        f"{_percent(LEVEL / 2)} of universes. So a share of supported universes below about "
        f"{_percent(LEVEL)} says nothing. S13 is an exception: it is supported where a rate is "
        "compatible with 30 %, and with so few runs many rates are."
    )


def _percent(share: float) -> str:
    return f"{number(round(100.0 * share, 1))} %"


def _drawn(value: Any) -> str:
    """Return the value of a choice in words; families without a scale have no number there."""
    if isinstance(value, str):
        return LEVELS.get(value, value.replace("_", " "))
    return number(float(value)) or LEVELS["none"]


def caption(figures: Iterable[Drawing], name: str) -> str:
    """Return the caption of a figure."""
    return next(figure.caption.text for figure in figures if figure.name == name)


def _share(row: dict[Any, Any]) -> dict[str, Any]:
    return {"value": row["share"], "low": row["low"], "high": row["high"], "unit": "%"}


def judging() -> str:
    """Return how claims are judged, in words, as REPRODUCTION.md says it."""
    seeds: set[int] = set()
    if scale := stored_scale():
        listed = Path(f"results/{scale}/recipes.json")
        seeds = {recipes.read(listed)[1]["seed"]}
    texts = method.paragraphs(facts.TEXTS / "method.txt.j2", sorted(seeds))
    return "\n\n".join(f"**{title}.** {text}" for title, text in texts)


def figures() -> str:
    """Return a table of all figures, by the titles of their captions."""
    rows = []
    for name, declared in sorted(index.all_of("figure").items()):
        caption = facts.TEXTS / f"{name}.rst"
        if caption.exists():
            title = caption.read_text(encoding="utf-8").partition("\n")[0].strip("*")
            kind = ".html" if declared.arguments.get("page") else ""
            rows.append([f"`{name}{kind}`", title])
    return table(["figure", "shows"], rows)


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
                rows.append(
                    [f"`{place}/`", ", ".join(held), "; ".join(held.values()), f"`{module}.py`"]
                )
    return table(["in", "tables", "they hold", "made by"], sorted(rows))


def columns() -> str:
    """Return the columns of every table, a section for each table."""
    known = {path: schema.load() for path, schema in schemas.known().items()}
    return "\n\n".join(_columns(path, schema) for path, schema in sorted(known.items()))


def _columns(path: str, schema: Schema) -> str:
    named = path.replace("{", "<").replace("}", ">")
    key = ", ".join(f"`{name}`" for name in schema.key)
    listed = table(
        ["column", "type", "meaning"],
        ([f"`{column.name}`", column.type, column.meaning] for column in schema.columns),
    )
    return f"## `{named}`\n\n{schema.name.capitalize()}; one row for each {key}.\n\n{listed}"


def performance() -> str:
    """Return the times that `make benchmark` has measured, on one thread."""
    texts = []
    for name, (title, unit, keys) in TIMED.items():
        path = BENCHMARKS / f"{name}.csv"
        if path.exists():
            texts.append(f"## {title}\n\n{_timed(pd.read_csv(path), unit, keys)}")
    floor = BENCHMARKS / "floor.csv"
    if floor.exists():
        texts.append(_above_floor(pd.read_csv(floor)))
    return "\n\n".join(texts) or "Nothing was measured here yet: `make benchmark` does it."


TIMED = {
    "gates": ("Gates: an epoch of one run", "us", ("tasks", "width", "batch", "runs")),
    "mnist": ("MNIST: a minibatch", "ms", ("hidden", "batch")),
    "rnn": ("Recurrent networks: a training step", "ms", ("experiment", "network")),
}
"""File of results/benchmarks -> title, unit of its times, and the columns that name a row."""


def _timed(timed: pd.DataFrame, unit: str, keys: Iterable[str]) -> str:
    """Return our times, and by how much each peer is slower, as a table."""
    keys = [*keys]
    alone = timed[timed["threads"] == 1]
    peers = list(dict.fromkeys(alone["peer"]))
    rows = []
    for (bits, *names), own in alone.groupby(["vector_bits", *keys], sort=False):
        ratios = own.groupby("peer")["peer_over_ours"].median()
        ours = number(float(own[f"ours_{unit}"].median()))
        rows.append([bits, *names, ours, *(number(ratios.get(peer)) for peer in peers)])
    times = [f"ours, {unit.replace('us', 'µs')}", *(f"{peer}: times as long" for peer in peers)]
    machines = ", ".join(dict.fromkeys(alone["machine"]))
    head = ["vectors, bits", *keys, *times]
    return f"One thread, {machines}.\n\n{table(head, rows, right=times)}"


def _above_floor(floor: pd.DataFrame) -> str:
    """Return how far the steps of recurrent networks are above the least time possible."""
    over = floor.loc[floor["threads"] == 1, "ours_over_floor"]
    least, median, most = (number(float(over.quantile(share))) for share in (0, 0.5, 1))
    return (
        "A training step of these networks takes "
        f"{least} to {most} times (median {median}) the least time in which this processor can do "
        "its multiply-adds and tanhs, and read and write its memory (`benchmarks/floor.py`)."
    )


def table(head: Iterable[str], rows: Iterable[Iterable[Any]], right: Iterable[str] = ()) -> str:
    """Return a table in Markdown; the columns named in `right` are set to the right.

    >>> print(table(["a", "n"], [["x|y", 3]], right=["n"]))
    | a | n |
    |---|--:|
    | x\\|y | 3 |
    """
    head, right = [*head], {*right}
    rule = "".join("--:|" if name in right else "---|" for name in head)
    lines = [f"| {' | '.join(map(cell, line))} |" for line in [head, *rows]]
    return "\n".join([lines[0], f"|{rule}", *lines[1:]])


PARTS: dict[str, Callable[[], str]] = {
    "beyond": of_verdicts(partial(answers, paper=3)),
    "chance": chance,
    "columns": columns,
    "counts": of_verdicts(lambda claims, figures: tally(claims)),
    "figures": figures,
    "found": of_verdicts(found),
    "judging": judging,
    "multiverse": of_verdicts(lambda claims, figures: caption(figures, "multiverse")),
    "ours": of_verdicts(partial(answers, paper=0)),
    "outcomes": outcomes,
    "paper1": of_verdicts(partial(answers, paper=1)),
    "paper2": of_verdicts(partial(answers, paper=2)),
    "performance": performance,
    "provisional": provisional,
    "tables": tables,
    "universes": universes,
}
"""Name -> what stands in the place of its mark."""
