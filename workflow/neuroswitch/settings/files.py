"""YAML files, read strictly: a key stands once, and what is wrong is one error with its line."""

from pathlib import Path
from typing import Any

import yaml

from neuroswitch.errors import NeuroswitchError

try:
    # That of libyaml, which PyYAML may have been built without, is ten times as fast.
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]


class StrictLoader(SafeLoader):
    """PyYAML's safe loader, which refuses equal keys instead of taking the last of them."""

    def get_single_node(self) -> yaml.Node | None:
        """Return the document as it is written, before merge keys bring in others."""
        node = super().get_single_node()
        _refuse_equal_keys(node)
        return node


def _refuse_equal_keys(document: yaml.Node | None) -> None:
    """Raise MarkedYAMLError where a mapping in a document has a key twice."""
    pending, seen = [document], set()
    while pending:
        node = pending.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
            continue
        # An alias may stand within what it names.
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending += node.value
            continue
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            name = (key.tag, str(key.value))
            if name in lines:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is there twice, first in line {lines[name]}; "
                    "keep one of the two",
                    problem_mark=key.start_mark,
                )
            lines[name] = key.start_mark.line + 1
            pending.append(value)


def read(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises
    ------
    NeuroswitchError : it cannot be read, is not UTF-8 or not YAML, or has a key twice
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NeuroswitchError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise NeuroswitchError(f"{path} is a folder, and a YAML file is expected") from None
    except OSError as failure:
        raise NeuroswitchError(f"{path} cannot be read: {failure.strerror}") from None
    except UnicodeDecodeError as failure:
        line = failure.object.count(b"\n", 0, failure.start) + 1
        raise NeuroswitchError(f"{path}, line {line}: not UTF-8; save the file as UTF-8") from None
    try:
        return yaml.load(text, StrictLoader)
    except yaml.MarkedYAMLError as failure:
        raise NeuroswitchError(f"{path} is not YAML: {_described(failure)}") from None
    except yaml.reader.ReaderError as failure:
        line = text.encode().count(b"\n", 0, failure.position) + 1
        raise NeuroswitchError(f"{path} is not YAML: line {line}: {failure.reason}") from None
    except ValueError as failure:
        # A date that does not exist, such as 2026-02-30
        raise NeuroswitchError(f"{path} is not YAML: {failure}") from None


def _described(failure: yaml.MarkedYAMLError) -> str:
    """Return a fault and its line: PyYAML's words without its excerpt of the file."""
    mark, began = failure.problem_mark, failure.context_mark
    line = f"line {mark.line + 1}: " if mark else ""
    context = f" ({failure.context} of line {began.line + 1})" if began else ""
    return f"{line}{failure.problem}{context}"
