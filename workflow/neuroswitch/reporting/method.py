"""How claims are judged, in words; numbers are those that the code of the claims has."""

from collections.abc import Iterable
from pathlib import Path

from neuroswitch import index
from neuroswitch.claims import outcomes
from neuroswitch.claims.outcomes import LEVEL
from neuroswitch.claims.paper2 import LEARNT_FINDER, LEARNT_TASKS, LEARNT_TIMING
from neuroswitch.claims.parts import HALF
from neuroswitch.claims.statistics import CONFIDENCE, DRAWS
from neuroswitch.reporting import templates
from neuroswitch.statistics import FEWEST


def paragraphs(path: Path, seeds: Iterable[int]) -> list[tuple[str, str]]:
    """Return the title and the text of each paragraph of a file.

    `seeds` are the root seeds of the tables that are judged.

    Raises
    ------
    NeuroswitchError : the text is malformed
    """
    text = templates.fill(
        path,
        level=_percent(LEVEL),
        confidence=_percent(CONFIDENCE),
        draws=f"{DRAWS.get():,}".replace(",", " "),
        level_number=f"{LEVEL:g}",
        fewest=FEWEST,
        fewest_examples=outcomes.FEWEST_EXAMPLES,
        half=_percent(HALF),
        timing=LEARNT_TIMING,
        rank_1=index.get("claim", "N6").arguments["thresholds"]["learnt"],
        tasks=_percent(LEARNT_TASKS),
        finder=_percent(LEARNT_FINDER),
        seeds=", ".join(map(str, seeds)),
    )
    found = (paragraph.split("\n", 1) for paragraph in text.strip().split("\n\n"))
    return [(title, " ".join(body.split())) for title, body in found]


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
