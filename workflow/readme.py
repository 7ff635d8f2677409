"""Write what README.md says of the verdicts into it: `make readme`."""

from functools import partial
from pathlib import Path

from neuroswitch import store
from neuroswitch.errors import NeuroswitchError
from workflow import command, documentation

README = Path("README.md")


def main() -> int:
    text = README.read_text(encoding="utf-8")
    for part, content in parts().items():
        text = with_part(text, part, content)
    store.write_text(README, text)
    return 0


def parts() -> dict[str, str]:
    """Return what stands between the marks of each part, as Markdown."""
    found = documentation.of_verdicts(partial(documentation.found, files=True))()
    return {"found": "\n\n".join(filter(None, [found, documentation.provisional()]))}


def with_part(text: str, part: str, content: str) -> str:
    """Return a text with what stands between the marks of a part replaced.

    Raises
    ------
    NeuroswitchError : it has no such marks
    """
    start, end = f"<!-- {part}: made by `make readme` -->", f"<!-- end of {part} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise NeuroswitchError(f"{README} must hold the lines {start!r} and {end!r}, in this order")
    return f"{before}{start}\n\n{content}\n\n{end}{after}"


if __name__ == "__main__":
    command.run(main)
