"""`make test-slurm`: a real Slurm on this machine, the tests on it, and nothing left behind."""

import argparse
import signal
import sys
from types import FrameType

import pytest

from tests.slurm import cluster


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("check", "start", "stop", "test"))
    parser.add_argument("--faults", choices=("few", "all"), default="few")
    arguments, options = parser.parse_known_args()  # the rest are pytest's
    if reason := cluster.why_not():
        print(f"no cluster is set up: {reason}", file=sys.stderr)
        return 1
    if arguments.action == "check":
        return 0
    # Ended from outside, it still tears the cluster down.
    signal.signal(signal.SIGTERM, _leave)
    stays = False
    try:
        if arguments.action != "stop":
            cluster.install()
            cluster.start()
        if arguments.action != "test":
            stays = arguments.action == "start"
            return 0
        chosen = [] if arguments.faults == "all" else ["-m", "not slow"]
        return pytest.main(["tests/slurm", "--durations=0", *chosen, *options])
    except cluster.ClusterError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    finally:
        if not stays:
            cluster.stop()


def _leave(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt  # which pytest takes as the end of all tests


if __name__ == "__main__":
    sys.exit(main())
