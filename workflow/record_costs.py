"""Write down what the jobs of a scale took: `make costs`, after `make reproduce`."""

import argparse
import sys
from pathlib import Path

from neuroswitch import costs, provenance
from neuroswitch.errors import NeuroswitchError
from workflow import launch
from workflow.plan import RECORDED


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=launch.BASE)
    settings = launch.configured(parser.parse_args().config)
    folder = Path("results", settings.scale, "costs")
    found = costs.benchmarked(folder, settings, provenance.machine())
    try:
        if not found:
            raise NeuroswitchError(f"{folder} holds no benchmarks; run `make reproduce` first")
        fresh = {(record.scale, record.section, record.experiment) for record in found}
        kept = [
            record
            for record in costs.read(RECORDED)
            if (record.scale, record.section, record.experiment) not in fresh
        ]
        costs.write(RECORDED, [*kept, *found])
    except NeuroswitchError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    print(f"{len(found)} experiments of scale {settings.scale} are in {RECORDED}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
