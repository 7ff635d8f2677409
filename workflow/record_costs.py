"""Write down what the jobs of a scale took: `make costs`, after `make reproduce`."""

import argparse
from collections.abc import Iterable, Sequence
from operator import attrgetter
from pathlib import Path

from neuroswitch import costs, provenance
from neuroswitch.costs import Record
from neuroswitch.errors import NeuroswitchError
from workflow import command, configuration
from workflow.plan import RECORDED

SAME_WORK = attrgetter("scale", "machine", "section", "experiment", "work")
"""What records share that are of the same work."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=configuration.BASE)
    arguments = parser.parse_args()
    settings = configuration.typed(arguments.config)
    folder = Path("results", settings.scale, "costs")
    found = costs.benchmarked(folder, settings, provenance.machine())
    if not found:
        raise NeuroswitchError(
            f"{folder} holds no benchmarks; run `make reproduce CONFIG={arguments.config}` first"
        )
    stored = costs.read(RECORDED)
    fresh = {(record.scale, record.section, record.experiment) for record in found}
    kept = [
        record
        for record in stored
        if (record.scale, record.section, record.experiment) not in fresh
    ]
    costs.write(RECORDED, [*kept, *longest(found, stored)])
    print(f"{len(found)} experiments of scale {settings.scale} are in {RECORDED}")
    return 0


def longest(found: Sequence[Record], stored: Iterable[Record]) -> list[Record]:
    """Return the records found, or those stored of the same work where these took longer.

    A job that keeps its tables leaves a benchmark of the few seconds in which it trained nothing.
    """
    by_work = {SAME_WORK(r): r for r in sorted([*found, *stored], key=attrgetter("seconds"))}
    return [by_work[SAME_WORK(record)] for record in found]


if __name__ == "__main__":
    command.run(main)
