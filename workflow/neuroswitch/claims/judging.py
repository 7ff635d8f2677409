"""Tables to verdicts: every claim by its own rule, and again under every alternative trained."""

import ast
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch import provenance, schemas, seeds, store
from neuroswitch.claims import alternatives, outcomes
from neuroswitch.claims.outcomes import INCONCLUSIVE, NOT_TESTABLE, Decided
from neuroswitch.claims.parts import Part, shown
from neuroswitch.claims.statistics import Bound, Untestable
from neuroswitch.declarations import Declaration
from neuroswitch.errors import NeuroswitchError
from neuroswitch.ledger import Alternative, Ambiguity
from neuroswitch.numbers import number, quantity
from neuroswitch.schemas.columns import VECTOR
from neuroswitch.schemas.verdicts import SENSITIVITY, VERDICTS

Read = Callable[[str], pd.DataFrame]
"""Returns a table by its path below the folder of results, without ending. It raises Untestable
where the table was not made, and claims that read it cannot be judged."""


@dataclass(frozen=True)
class Judged:
    """A claim in one of its variants, with its parts, or with why it cannot be tested."""

    claim: Declaration
    variant: str
    parts: Sequence[Part]
    untestable: str = ""
    paths: Sequence[str] = ()


class Results:
    """The tables below a folder of results, each read once, all of them of one root seed."""

    def __init__(self, root: Path, root_seed: int) -> None:
        self.root, self.root_seed = root, root_seed
        self._read: dict[str, pd.DataFrame] = {}

    def has(self, table: str) -> bool:
        return (self.root / f"{table}.parquet").exists()

    def read(self, table: str) -> pd.DataFrame:
        """Return a table without its vectors.

        Raises
        ------
        NeuroswitchError : it is missing, is not what its schema says, or is of another root seed
        """
        if table not in self._read:
            path = self.root / f"{table}.parquet"
            if not path.exists():
                raise NeuroswitchError(
                    f"{path} does not exist, and claims are judged by it; `make reproduce "
                    f"TARGETS={path}`, with CONFIG= of this scale, makes it"
                )
            found = provenance.seeds_of(store.provenance_of(path))
            if others := [seed for seed in found if seed != self.root_seed]:
                raise NeuroswitchError(
                    f"{path} comes from runs of root seed {others[0]}, and claims are judged on "
                    f"runs of root seed {self.root_seed}; `make reproduce TARGETS={path}`, with "
                    "CONFIG= of this scale, trains them"
                )
            frame = schemas.read(path)
            columns = schemas.of(path).columns
            self._read[table] = frame[[c.name for c in columns if c.type != VECTOR]]
        return self._read[table]


def judge(
    root: Path, claims: Sequence[Declaration], ledger: Sequence[Ambiguity], root_seed: int
) -> dict[str, pd.DataFrame]:
    """Return the tables `verdicts` and `sensitivity` (their columns: schemas.verdicts).

    Parameters
    ----------
    root : folder of the tables of one scale
    claims, ledger : as `index.all_of("claim")` and `ledger.load` return them
    root_seed : of the runs that are judged, and of bootstraps and permutations

    Raises
    ------
    NeuroswitchError : a table is missing (its rule is named), is not what its schema says, or is
        of another root seed
    """
    results = Results(root, root_seed)
    found = [
        _measured(claim, variant, results.read, root_seed)
        for claim in claims
        for variant in claim.variants
    ]
    decided = decide(found)
    verdicts = [row for each in found for row in _rows(each, decided[_key(each)])]
    alone = {_key(each): _alone(each).outcome for each in found}
    sensitivity = [
        _row_under(entry, alternative, each, alone[claim.name, variant])
        for entry in ledger
        for alternative in entry.runs
        for claim in claims
        for variant in claim.variants
        if (each := _under(alternative, claim, variant, results))
    ]
    return {
        "verdicts": _frame(verdicts, VERDICTS),
        "sensitivity": _frame(sensitivity, SENSITIVITY),
    }


def decide(found: Sequence[Judged]) -> dict[tuple[str, str], list[Decided]]:
    """Return the decided parts of every claim and variant, corrected within each paper."""
    papers: dict[int, dict[tuple[str, str], Sequence[Part]]] = defaultdict(dict)
    for each in found:
        papers[_paper(each.claim)][_key(each)] = each.parts
    decided: dict[tuple[str, str], list[Decided]] = {}
    for parts in papers.values():
        decided |= outcomes.decide(parts)
    return decided


def measured(
    claim: Declaration,
    variant: str,
    read: Read,
    rng: np.random.Generator,
    thresholds: Mapping[str, float] | None = None,
) -> Judged:
    """Return what a claim's function finds in the tables of a variant.

    Parameters
    ----------
    rng : for what the claim resamples, if its function asks for it
    thresholds : in the place of those that the claim declares by these names
    """
    reads = claim.reads_of(variant)
    paths = list(dict.fromkeys(path for each in reads.values() for path in each))
    function = claim.load()
    own = claim.arguments.get("thresholds") or {}
    given: dict[str, Any] = {n: (thresholds or {}).get(n, value) for n, value in own.items()}
    asked = inspect.signature(function).parameters
    given |= {n: v for n, v in {"variant": variant, "rng": rng}.items() if n in asked}
    try:
        tables = {name: _together([read(path) for path in each]) for name, each in reads.items()}
        return Judged(claim, variant, list(function(**tables, **given)), "", paths)
    except Untestable as reason:
        nothing = shown(np.nan, 0)
        part = Part("judged", claim.arguments["statement"], nothing, outcome=NOT_TESTABLE)
        return Judged(claim, variant, [part], str(reason), paths)


def _measured(claim: Declaration, variant: str, read: Read, root_seed: int) -> Judged:
    """Return what a claim finds, resampled by its own stream."""
    return measured(claim, variant, read, seeds.generator(root_seed, "claims", claim.name, variant))


def _under(
    alternative: Alternative, claim: Declaration, variant: str, results: Results
) -> Judged | None:
    """Return a claim under an alternative; None where that replaces nothing that it reads."""
    paths = [path for each in claim.reads_of(variant).values() for path in each]
    if not any(alternatives.moved(path, alternative) for path in paths):
        return None

    def read(table: str) -> pd.DataFrame:
        if (moved := alternatives.moved(table, alternative)) is None:
            return results.read(table)
        other, where = moved
        if not results.has(other):
            raise Untestable(f"{other} was not made at this scale")
        return alternatives.selected(results.read(other), where)

    return _measured(claim, variant, read, results.root_seed)


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _rows(each: Judged, decided: Sequence[Decided]) -> list[dict[str, Any]]:
    """Return the row of a claim, one of each of its parts, and those of numbers beside."""
    rows = [_row(each, outcomes.worst(decided), "claim")]
    for one in decided:
        rows.append(_row(each, one, "part" if one.outcome else "beside"))
    return rows


def _row(each: Judged, one: Decided, role: str) -> dict[str, Any]:
    said, part, estimate = each.claim.arguments, one.part, one.part.estimate
    null, thresholds = part.null, said.get("thresholds") or {}
    return {
        "claim": each.claim.name,
        "variant": each.variant,
        "role": role,
        "label": part.label.format(**thresholds),
        "paper": _paper(each.claim),
        **{name: said.get(name, "") for name in ("place", "statement", "reported")},
        # Python writes 30%, and this project 30 %.
        "criterion": re.sub(r"(?<=\d)%", " %", said["criterion"].format(**thresholds)),
        "sentence": _sentence(part) if one.outcome else "",
        "unit": part.unit,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "interval": estimate.interval,
        "n": estimate.n,
        "bound": (part.rule or _bound(estimate.bound, part.unit)) if one.outcome else "",
        "null_control": null.what if null else "",
        "null_value": null.value if null else np.nan,
        "null_low": null.low if null else np.nan,
        "null_high": null.high if null else np.nan,
        "null_unit": (null.unit or part.unit) if null else "",
        "p": one.p,
        "p_adjusted": one.p_adjusted,
        "outcome": one.outcome,
        "reason": each.untestable or outcomes.why_undecided(one),
        "files": "; ".join(f"{path}.parquet" for path in each.paths),
        "columns": "; ".join(_columns(each)),
    }


def _row_under(
    entry: Ambiguity, alternative: Alternative, each: Judged, primary: str
) -> dict[str, Any]:
    """Return the row of a claim under an alternative: its parts alone, without other claims."""
    decisive = _alone(each)
    estimate = decisive.part.estimate
    return {
        "claim": each.claim.name,
        "variant": each.variant,
        "ambiguity": entry.id,
        "alternative": alternative.id,
        "label": alternative.label,
        "sentence": _sentence(decisive.part),
        "unit": decisive.part.unit,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "outcome": decisive.outcome,
        "primary_outcome": primary,
        # With fewer runs a test may decide nothing, which says nothing of the alternative.
        "flips": decisive.outcome not in (primary, INCONCLUSIVE, NOT_TESTABLE),
        "reason": each.untestable,
        "files": "; ".join(f"{path}.parquet" for path in each.paths),
    }


def _alone(each: Judged) -> Decided:
    """Return the part that decides a claim, without the correction over the other claims."""
    return outcomes.worst(outcomes.decide({each.claim.name: each.parts})[each.claim.name])


def _sentence(part: Part) -> str:
    """Return what a part says, with its numbers filled in."""
    estimate, null = part.estimate, part.null
    numbers = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    filled = {name: quantity(value, part.unit) for name, value in numbers.items()}
    if null:
        filled["null"] = quantity(null.value, null.unit or part.unit)
    return part.says.format(**filled, n=estimate.n)


def _bound(bound: Bound, unit: str) -> str:
    """Return a bound as text.

    >>> _bound(Bound(0.5, True), "%")
    '> 50 %'
    """
    if np.isnan(bound.threshold):
        return ""
    sign = (">" if bound.upward else "<") if not bound.inclusive else "≥" if bound.upward else "≤"
    shown = number(bound.threshold)
    if unit in ("%", "points"):
        shown = f"{number(round(100 * bound.threshold, 6))} {unit}"
    return f"{sign} {shown}"


def _columns(each: Judged) -> list[str]:
    """Return the columns of its tables that a claim's function names."""
    known = {c.name for path in each.paths for c in schemas.of(f"{path}.parquet").columns}
    return [name for name in dict.fromkeys(_words(each.claim.load(), set())) if name in known]


def _words(function: Callable[..., Any], seen: set[str]) -> Iterator[str]:
    """Yield the texts and keywords in a function, and in those of its module that it names."""
    seen.add(function.__name__)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Name) and node.id not in seen:
            other = function.__globals__.get(node.id)
            if inspect.isfunction(other) and other.__module__ == function.__module__:
                yield from _words(other, seen)


def _key(each: Judged) -> tuple[str, str]:
    return each.claim.name, each.variant


def _paper(claim: Declaration) -> int:
    return int(claim.arguments.get("paper", 0))


def _frame(rows: Sequence[Mapping[str, Any]], schema: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=schema.names)
    return frame.astype({c.name: float for c in schema.columns if c.type == "double"})
