"""Before a launch: the jobs, core-hours and memory that each figure still needs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from neuroswitch import costs, index
from neuroswitch.recipes import DRAWING, TRAINING
from neuroswitch.settings import Settings
from workflow import calls

RECORDED = Path("config/costs.tsv")
NODE = re.compile(r'^\s*(\d+)\[label = "([^"]*)".*style="([\w,]*)"\];$')
EDGE = re.compile(r"^\s*(\d+) -> (\d+)$")
SLURM_SECONDS = 7
"""Of processor time, before a job's work begins; docs/cluster.md says how it was measured."""


@dataclass
class Node:
    """A job of Snakemake's graph: its rule, wildcards, whether it will run, what it needs."""

    rule: str
    wildcards: dict[str, str]
    pending: bool
    inputs: list[str] = field(default_factory=list)


def show(settings: Settings, options: list[str]) -> None:
    """Print the plan of what is not yet made."""
    nodes = graph(options)
    records = [
        *costs.read(RECORDED),
        *costs.benchmarked(Path("results", settings.scale, "costs"), settings, "this machine"),
    ]
    pending = {key for key, node in nodes.items() if node.pending}
    training = {key for key in pending if nodes[key].rule.startswith(TRAINING)}
    if not pending:
        print("nothing to do: everything is up to date")
        return
    jobs = {key: _job(settings, nodes[key]) for key in training}
    known = {
        key: costs.expected(records, settings.scale, job, costs.size_of(settings, job))
        for key, job in jobs.items()
    }
    table = Table(Column("figure", no_wrap=True), box=None)
    for heading in ("jobs", "core-hours", "longest job", "peak memory"):
        table.add_column(heading, justify="right")
    for key in sorted(pending, key=lambda key: nodes[key].rule):
        if nodes[key].rule.startswith(DRAWING):
            name = nodes[key].rule.removeprefix(DRAWING)
            table.add_row(name, *_row(known, reached(nodes, key) & training))
    table.add_section()
    table.add_row("everything", *_row(known, training))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{_notes(jobs, known, len(pending) - len(training))}")


def graph(options: list[str]) -> dict[str, Node]:
    """Return Snakemake's graph of jobs by number."""
    nodes: dict[str, Node] = {}
    for line in calls.ask(*options, "--dag", "dot").splitlines():
        if match := NODE.match(line):
            number, label, style = match.groups()
            rule, *wildcards = label.split("\\n")
            pairs = dict(wildcard.split(": ", 1) for wildcard in wildcards)
            nodes[number] = Node(rule, pairs, "dashed" not in style)
        elif match := EDGE.match(line):
            source, target = match.groups()
            nodes[target].inputs.append(source)
    return nodes


def reached(nodes: dict[str, Node], key: str) -> set[str]:
    """Return a job and every job that it needs."""
    found, waiting = set(), [key]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(nodes[current].inputs)
    return found


def _job(settings: Settings, node: Node) -> costs.Job:
    declared = index.get("training", node.rule.removeprefix(TRAINING))
    section, _ = declared.trained
    return costs.job_of(settings, section, node.wildcards)


def _row(known: dict[str, costs.Cost | None], keys: Iterable[str]) -> list[str]:
    """Return the cells of some jobs; what was not recorded is not counted, and shown as such."""
    keys = list(keys)
    found = [cost for key in keys if (cost := known[key])]
    more = "" if len(found) == len(keys) else "> "
    if not found:
        return [str(len(keys)), *("not recorded" if keys else "-" for _ in range(3))]
    return [
        str(len(keys)),
        f"{more}{_short(sum(cost.seconds for cost in found) / 3600)}",
        f"{more}{_short(max(cost.seconds for cost in found) / 60)} min",
        f"{more}{max(cost.peak_mb for cost in found):.0f} MB",
    ]


def _short(number: float) -> str:
    """Return a number with two digits or more, and no exponent where it is large."""
    return f"{number:.0f}" if number >= 100 else f"{number:.2g}"


def _notes(jobs: dict[str, costs.Job], known: dict[str, costs.Cost | None], others: int) -> str:
    sources: dict[tuple[str, str], set[str]] = {}
    for key, cost in known.items():
        if cost:
            sources.setdefault((cost.scale, cost.machine), set()).add(jobs[key].section)
    unrecorded = {f"{jobs[key].section} {jobs[key].experiment}" for key in known if not known[key]}
    lines = [
        "Counted are jobs that train, on one core each; one that several figures need counts in "
        "each row, and once in the last.",
        f"Further jobs: {others}, which gather, analyse and draw. Most take seconds, and a few "
        "costly analyses take minutes.",
        *(
            f"Recorded at scale {scale} on {machine}, scaled by the work: "
            f"{', '.join(sorted(sections))}."
            for (scale, machine), sections in sources.items()
        ),
    ]
    if unrecorded:
        lines.append(f"Never recorded, and not counted: {', '.join(sorted(unrecorded))}.")
    if known:
        hours = len(known) * SLURM_SECONDS / 3600
        lines.append(f"On a cluster, starting {len(known)} jobs adds {hours:.2g} core-hours.")
    return "\n".join(lines)
