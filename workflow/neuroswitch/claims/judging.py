"""Tables to verdicts: every claim by its own rule, and again under every alternative trained."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch import schemas, seeds
from neuroswitch.claims import alternatives, selection
from neuroswitch.claims.catalogue import Check, Claim, Measurement, Source, sources
from neuroswitch.claims.criteria import CRITERIA, FEWEST, Finding, Untestable
from neuroswitch.claims.selection import Tables
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.index import Declaration
from neuroswitch.ledger import Alternative, Ambiguity
from neuroswitch.schemas.verdicts import SENSITIVITY, VERDICTS

REPRODUCED = "reproduced"
DIRECTION_ONLY = "direction only"
NOT_REPRODUCED = "not reproduced"
CALIBRATED = "calibrated"
NOT_TESTABLE = "not testable"


@dataclass(frozen=True)
class Outcome:
    """What a measurement found in one variant: a finding for each part, or why there is none."""

    parts: Sequence[Finding]
    decisive: Finding
    untestable: str
    files: str
    columns: str


def judge(
    tables_root: Path,
    claims: Sequence[Claim],
    ledger: Sequence[Ambiguity],
    root_seed: int = 0,
    declared: Iterable[Declaration] = (),
) -> dict[str, pd.DataFrame]:
    """Return the tables `verdicts` and `sensitivity` (their columns: schemas.verdicts).

    Parameters
    ----------
    tables_root : folder of the tables of one scale
    claims, ledger : as `catalogue.load` and `ledger.load` return them
    root_seed : of the bootstrap
    declared : claims of extensions

    Raises
    ------
    NeuroswitchError : a table is missing (its rule is named) or is not what its schema says, or a
        claim names a column, criterion or parameter that does not exist
    """
    verify(claims)
    tables = Tables(tables_root)
    verdicts = [row for claim in claims for row in _rows(claim, tables, root_seed)]
    primary = {
        (row["claim"], row["variant"]): row["verdict"]
        for row in verdicts
        if row["role"] == "judged"
    }
    sensitivity = [
        {"ambiguity": entry.id, **row}
        for entry in ledger
        for alternative in entry.runs
        for claim in claims
        for row in _under(alternative, claim, tables, root_seed, primary)
    ]
    verdicts += [row for claim in declared for row in _declared_rows(claim, tables_root, root_seed)]
    return {
        "verdicts": _frame(verdicts, "verdicts"),
        "sensitivity": _frame(sensitivity, "sensitivity"),
    }


def verify(claims: Iterable[Claim]) -> None:
    """Raise NeuroswitchError where a claim names what no table, schema or criterion has."""
    for claim in claims:
        try:
            for source in sources([claim]):
                selection.verify(source)
            for measurement in (claim.judged, *claim.shown):
                for check in measurement.checks:
                    _verify_criterion(check)
        except NeuroswitchError as failure:
            raise NeuroswitchError(f"claim {claim.id}: {failure}") from None


def verdict(finding: Finding, calibrated: bool) -> str:
    """Return the word for a finding (its criterion holds or fails; its interval decides)."""
    if not finding.holds:
        return NOT_REPRODUCED
    if calibrated:
        return CALIBRATED
    return REPRODUCED if finding.decided else DIRECTION_ONLY


def measure(
    measurement: Measurement,
    variant: str,
    tables: Tables,
    rng: np.random.Generator,
    alternative: Alternative | None = None,
) -> Outcome:
    """Return what the checks of a measurement find; the decisive part is the worst of all (A60).

    A check that needs any of its parts enters with its best. An alternative replaces experiments.
    """
    given = [
        {name: source.for_variant(variant) for name, source in check.sources.items()}
        for check in measurement.checks
    ]
    parts: list[Finding] = []
    deciding: list[Finding] = []
    untestable = ""
    try:
        if alternative:
            given = _replaced(given, variant, alternative, tables)
        for check, own in zip(measurement.checks, given, strict=True):
            found = _find(check, own, tables, rng)
            parts += found
            choose = max if check.need == "any" else min
            deciding.append(choose(found, key=lambda finding: finding.rank))
    except Untestable as failure:
        untestable = str(failure)
    read = [source for own in given for source in own.values()]
    return Outcome(
        parts,
        _nothing() if untestable else min(deciding, key=lambda finding: finding.rank),
        untestable,
        "; ".join(dict.fromkeys(f"{source.table}.parquet" for source in read)),
        "; ".join(dict.fromkeys(c for source in read for c in selection.columns_of(source))),
    )


def _find(
    check: Check, given: Mapping[str, Source], tables: Tables, rng: np.random.Generator
) -> list[Finding]:
    """Return the findings of a check, their labels completed by the check's own."""
    _require_same(check.same, given.values(), tables)
    _require_other(check.differ, given.values(), tables)
    arguments: dict[str, Any] = {
        name: selection.sample(source, tables, name) for name, source in given.items()
    }
    criterion = CRITERIA[check.criterion]
    if "rng" in inspect.signature(criterion).parameters:
        arguments["rng"] = rng
    found = criterion(**arguments, **check.parameters)
    single = len(found) == 1
    return [replace(f, label=_part_label(check.label, f.label, single)) for f in found]


def _part_label(own: str | None, part: str, single: bool) -> str:
    if own is None:
        return part
    return own if single or not part else f"{own}: {part}"


def _rows(claim: Claim, tables: Tables, root_seed: int) -> list[dict[str, Any]]:
    """Return the rows of a claim: what is judged, its parts, and what stands beside."""
    rows = []
    for role, measurement in (
        ("judged", claim.judged),
        *(("beside", shown) for shown in claim.shown),
    ):
        for variant in measurement.variants:
            rng = _stream(root_seed, claim, measurement, variant)
            outcome = measure(measurement, variant, tables, rng)
            about = {
                "claim": claim.id,
                "variant": variant,
                "paper": claim.paper,
                "place": claim.place,
                "statement": claim.statement,
                "reported": claim.reported,
                "criterion": claim.criterion,
                "files": outcome.files,
                "columns": outcome.columns,
            }
            found = _findings(role, measurement.label, outcome, claim.calibrated)
            rows += [about | row for row in found]
    return rows


def _declared_rows(claim: Declaration, tables_root: Path, root_seed: int) -> list[dict[str, Any]]:
    """Return the rows of a claim that an extension declares."""
    said = claim.arguments
    read = {
        name: schemas.read_together([tables_root / f"{path}.parquet" for path in paths])
        for name, paths in claim.reads.items()
    }
    named = "; ".join(f"{path}.parquet" for path in claim.paths)
    try:
        parts = claim.load()(**read, rng=seeds.generator(root_seed, "claims", claim.name))
        outcome = Outcome(parts, min(parts, key=lambda part: part.rank), "", named, "")
    except Untestable as reason:
        outcome = Outcome((), _nothing(), str(reason), named, "")
    about = {
        "claim": claim.name,
        "variant": "none",
        "paper": 0,
        "place": said.get("place", ""),
        "statement": said["statement"],
        "reported": said.get("reported", ""),
        "criterion": said["criterion"],
        "files": named,
        "columns": "",
    }
    return [about | row for row in _findings("judged", said["quantity"], outcome, False)]


def _findings(role: str, label: str, outcome: Outcome, calibrated: bool) -> list[dict[str, Any]]:
    """Return a row of what is judged and one of every part; or one that says why there is none."""

    def row(role: str, finding: Finding, word: str, reason: str) -> dict[str, Any]:
        name = f"{label}: {finding.label}" if several and finding.label else label
        words = {"role": role, "label": name, "verdict": word, "reason": reason}
        return words | _number(finding)

    several = len(outcome.parts) > 1
    if outcome.untestable:
        word = NOT_TESTABLE if role == "judged" else ""
        return [row(role, outcome.decisive, word, outcome.untestable)]
    rows = []
    if role == "judged":
        word = verdict(outcome.decisive, calibrated)
        rows.append(row(role, outcome.decisive, word, _reason(outcome.decisive, calibrated)))
    if several or role == "beside":
        rows += [row("beside", part, "", _reason(part, False)) for part in outcome.parts]
    return rows


def _under(
    alternative: Alternative,
    claim: Claim,
    tables: Tables,
    root_seed: int,
    primary: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """Return a claim's verdict in each variant whose experiments an alternative replaces."""
    rows = []
    for variant in claim.judged.variants:
        read = [
            source.for_variant(variant)
            for check in claim.judged.checks
            for source in check.sources.values()
        ]
        if not any(alternatives.replacement(source, variant, alternative) for source in read):
            continue
        rng = _stream(root_seed, claim, claim.judged, variant)
        outcome = measure(claim.judged, variant, tables, rng, alternative)
        word, before = _word(outcome, claim.calibrated), primary[claim.id, variant]
        number = _number(outcome.decisive)
        rows.append(
            {
                "claim": claim.id,
                "variant": variant,
                "alternative": alternative.id,
                "label": alternative.label,
                "verdict": word,
                "primary_verdict": before,
                "flips": word not in (before, NOT_TESTABLE),
                "files": outcome.files,
                **{name: number[name] for name in ("value", "low", "high", "n")},
            }
        )
    return rows


def _replaced(
    given: Sequence[Mapping[str, Source]], variant: str, alternative: Alternative, tables: Tables
) -> list[dict[str, Source]]:
    """Return sources that read what an alternative puts in the place of their experiments.

    Where the other experiment holds no such rows (a baseline that the choice does not touch),
    the primary ones stay. Raises Untestable where all of them do, or where the other experiment
    was not trained.
    """
    moved = [
        {name: _moved(source, variant, alternative, tables) for name, source in own.items()}
        for own in given
    ]
    if moved == list(given):
        raise Untestable("the alternative holds no rows that are judged here")
    return moved


def _moved(source: Source, variant: str, alternative: Alternative, tables: Tables) -> Source:
    other = alternatives.replacement(source, variant, alternative)
    if other is None:
        return source
    moved = alternatives.moved(source, other)
    if not tables.trained(moved.table, other.experiment):
        raise Untestable(f"{other.experiment} was not trained at this scale")
    frame = tables.read(moved.table)
    told_apart = moved.table != source.table or other.where
    if not told_apart or not set(other.where) <= set(frame.columns):
        return source
    try:
        selection.rows(moved, tables)
    except Untestable:
        return source
    return moved


def _require_same(columns: Sequence[str], given: Iterable[Source], tables: Tables) -> None:
    """Raise Untestable where sources that are compared differ in a column."""
    given = list(given)
    for column in columns:
        found = {value for s in given for value in selection.rows(s, tables)[column].unique()}
        if len(found) > 1:
            raise Untestable(
                f"what is compared differs in {column}: {', '.join(map(str, sorted(found)))}"
            )


def _require_other(columns: Sequence[str], given: Iterable[Source], tables: Tables) -> None:
    """Raise Untestable where two sources have a value of a column in common.

    An alternative can bring both sides of a comparison to the same choice.
    """
    given = list(given)
    for column in columns:
        found = [value for s in given for value in selection.rows(s, tables)[column].unique()]
        if len(set(found)) < len(found):
            raise Untestable(f"what is compared has the same {column}")


def _verify_criterion(check: Check) -> None:
    if check.criterion not in CRITERIA:
        raise NeuroswitchError(
            f"no criterion is called {check.criterion!r}; {nearest(check.criterion, CRITERIA)}"
        )
    known = [
        *(p for p in inspect.signature(CRITERIA[check.criterion]).parameters if p != "bound"),
        *("above", "below", "at_least", "at_most"),
    ]
    for name in (*check.sources, *check.parameters):
        if name not in known:
            raise NeuroswitchError(
                f"criterion {check.criterion} does not take {name!r}; {nearest(name, known)}"
            )


def _stream(
    root_seed: int, claim: Claim, measurement: Measurement, variant: str
) -> np.random.Generator:
    return seeds.generator(root_seed, "claims", claim.id, measurement.label, variant)


def _nothing() -> Finding:
    nan = float("nan")
    return Finding("", nan, nan, nan, "none", nan, 0, False, False, nan)


def _number(finding: Finding) -> dict[str, Any]:
    return {
        name: getattr(finding, name) for name in ("value", "low", "high", "interval", "null", "n")
    }


def _word(outcome: Outcome, calibrated: bool) -> str:
    return NOT_TESTABLE if outcome.untestable else verdict(outcome.decisive, calibrated)


def _reason(finding: Finding, calibrated: bool) -> str:
    """Say in words why a finding has its verdict."""
    word = verdict(finding, calibrated)
    if word == CALIBRATED:
        return "the criterion holds, but the configuration was chosen knowing the reported value"
    if np.isnan(finding.null):
        return "" if finding.holds else "the criterion fails"
    holds = "the criterion holds" if finding.holds else "the criterion fails"
    if finding.interval != "wilson" and finding.n < FEWEST:
        joint = "but" if finding.holds else "and"
        return f"{holds}, {joint} {finding.n} runs are too few for a 95 % interval"
    excludes = finding.decided or not finding.low <= finding.null <= finding.high
    if excludes:
        return f"{holds}, and the interval excludes {finding.null:g}"
    return f"{holds}, but the interval does not exclude {finding.null:g}"


def _frame(rows: Sequence[Mapping[str, Any]], name: str) -> pd.DataFrame:
    schema = {"verdicts": VERDICTS, "sensitivity": SENSITIVITY}[name]
    columns = [column.name for column in schema.columns]
    types = {column.name: column.type for column in schema.columns}
    frame = pd.DataFrame(rows, columns=columns)
    numeric = {c: float for c, t in types.items() if t == "double"}
    return frame.astype(numeric)
