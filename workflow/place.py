"""Whether Snakemake can work in this folder.

`python -m workflow.place` checks it before anything is installed there, and so needs nothing but
the standard library.
"""

import os
from pathlib import Path

from neuroswitch.errors import NeuroswitchError
from workflow import command

RECORDS = Path(".snakemake")

BREAKING = frozenset(" \t\n'\"`()<>|&;$*?\\:")
"""Characters that the shell or PYTHONPATH would read as something else in the path of Python."""


def check(python: Path) -> None:
    """Raise where Snakemake cannot work: in the path of Python, or in this folder.

    Raises
    ------
    NeuroswitchError : a character that breaks Snakemake's commands, or no right to write
    """
    if odd := sorted(BREAKING & set(str(python))):
        characters = ", ".join("a space" if c == " " else repr(c) for c in odd)
        raise NeuroswitchError(
            f"Snakemake cannot run from this folder, because it hands the path of Python\n"
            f"  {python}\nto a shell without quotes, and the path holds {characters}. Rename the "
            "folder or clone into another one (letters, digits, '.', '_' and '-' are safe), delete "
            ".venv, and start again."
        )
    for path in (Path(), RECORDS, *RECORDS.glob("*")):
        if path.exists() and not os.access(path, os.W_OK):
            raise NeuroswitchError(
                f"you are not allowed to write to {path.absolute()}, where Snakemake keeps its "
                "records; clone the project into a folder of your own"
            )


def main() -> int:
    check(Path(".venv/bin/python").absolute())
    return 0


if __name__ == "__main__":
    command.run(main)
