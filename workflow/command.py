"""How every command of this project ends: an error that a user is meant to read is one message."""

import sys
from collections.abc import Callable
from typing import NoReturn

from neuroswitch.errors import NeuroswitchError


def run(main: Callable[[], int]) -> NoReturn:
    """Run the main function of a command, and exit with its code."""
    try:
        sys.exit(main())
    except NeuroswitchError as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
