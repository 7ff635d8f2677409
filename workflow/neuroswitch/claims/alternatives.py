"""What an alternative of the ledger reads in the place of a claim's own rows."""

from collections.abc import Collection, Iterable

from neuroswitch.claims.catalogue import WORDS, Claim, Source, sources
from neuroswitch.ledger import Alternative, Ambiguity, Replacement


def replacement(source: Source, variant: str, alternative: Alternative) -> Replacement | None:
    """Return what an alternative reads for a source of a claim's variant; None: nothing else.

    Rows of a variant of paper 2 stand only for rows of the same variant, those of both for each.
    """
    other = alternative.replaces.get(source.read_from or "")
    own = WORDS[variant].get("variant")
    if other is None or own is None:
        return other
    return other if str(other.where.get("variant", own)).startswith((own, "both")) else None


def moved(source: Source, other: Replacement) -> Source:
    """Return a source that reads another experiment, and those of its rows that are meant."""
    room, *folders, name = source.table.split("/")
    if folders[-1] == source.read_from:
        folders[-1] = other.experiment
    return source.model_copy(
        update={
            "table": "/".join([room, *folders, name]),
            "experiment": other.experiment if source.experiment else None,
            "where": {**source.where, **other.where},
        }
    )


def tables(
    claims: Iterable[Claim], ledger: Iterable[Ambiguity], experiments: Collection[str]
) -> list[str]:
    """Return the tables by which claims are judged, sorted: their own, and under alternatives.

    `experiments` are those of the configuration; an alternative that is not among them is not
    trained at this scale.
    """
    own = sources(claims)
    others = [
        moved(source, other)
        for entry in ledger
        for alternative in entry.runs
        for source in own
        if (other := alternative.replaces.get(source.read_from or ""))
        and other.experiment in experiments
    ]
    return sorted({source.table for source in (*own, *others)})
