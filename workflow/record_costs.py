"""Write down what the jobs of a scale took: `make costs`, after `make reproduce`."""

import argparse
from pathlib import Path

from neuroswitch import costs, provenance
from neuroswitch.errors import NeuroswitchError
from workflow import command, configuration
from workflow.plan import RECORDED


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
    fresh = {(record.scale, record.section, record.experiment) for record in found}
    kept = [
        record
        for record in costs.read(RECORDED)
        if (record.scale, record.section, record.experiment) not in fresh
    ]
    costs.write(RECORDED, [*kept, *found])
    print(f"{len(found)} experiments of scale {settings.scale} are in {RECORDED}")
    return 0


if __name__ == "__main__":
    command.run(main)
