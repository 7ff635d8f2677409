"""The papers that are replicated: what they are called, where they are, and what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Paper:
    """A paper, or our own hypotheses beside them, or questions beyond them.

    name : what it is called in tables
    title : its own, or what ours are
    authors : empty where our source does not name them
    links : where it can be read, name -> address
    about : what it says, in a sentence
    headlines : the claims by which a reader who has one minute knows how it fared
    """

    name: str
    title: str
    about: str
    headlines: tuple[str, ...]
    authors: str = ""
    venue: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The first of its links; empty where it has none."""
        return next(iter(self.links.values()), "")

    @property
    def markdown(self) -> str:
        """Title, authors, venue and links as Markdown."""
        linked = ", ".join(f"[{name}]({address})" for name, address in self.links.items())
        known = [f"*{self.title}*", self.authors, self.venue, linked]
        return ", ".join(part for part in known if part)


PAPERS = {
    1: Paper(
        name="Paper 1",
        title="Neuromodulator-inspired task switching using a fixed weight-space transformation",
        venue="NeurReps workshop, NeurIPS 2025",
        links={"OpenReview": "https://openreview.net/forum?id=JqvUlzoSGF"},
        about="One network solves one task in its weights and another in their image under a fixed "
        "random transformation that is never trained.",
        headlines=("S2", "S4", "S13", "S17", "S19"),
    ),
    2: Paper(
        name="Paper 2",
        title="Structured flexibility in recurrent neural networks via neuromodulation",
        authors="J. C. Costacurta, S. Bhandarkar, D. M. Zoltowski, S. W. Linderman",
        venue="NeurIPS 2024",
        links={
            "bioRxiv": "https://doi.org/10.1101/2024.07.26.605315",
            "PubMed Central": "https://pmc.ncbi.nlm.nih.gov/articles/PMC11291173/",
        },
        about="A low-rank recurrent network whose components are scaled by a second network is "
        "compared with three others on three tasks.",
        headlines=("N1", "N3", "N7", "N11"),
    ),
    0: Paper(
        name="Ours",
        title="Hypotheses of our own",
        about="They ask why the results of both papers come out as they do.",
        headlines=("X1", "X2", "X5", "X6"),
    ),
    3: Paper(
        name="Beyond the papers",
        title="Questions that the papers leave open",
        about="They are what paper 1 leaves to the future, and what reviewers of paper 2 asked.",
        headlines=("O1", "O2"),
    ),
}
"""Number of a paper -> the paper, in the order of every list; 0 are our own hypotheses, and 3 are
questions that the papers leave open."""
