"""What is wrong with a YAML file, in words that name the key and the near match."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.settings.base import Section

Entry = TypeVar("Entry", bound=Section)


def explained(failure: ValidationError, model: type[Section]) -> list[str]:
    """Return every fault that a model found, each with its key and, for a typo, the near match."""
    return [_explain(fault, model) for fault in failure.errors()]


def validated(path: Path, model: type[Entry]) -> tuple[list[Entry], list[str]]:
    """Return the entries of a file that a model takes, and what is wrong with the others.

    Raises as `read_entries` does.
    """
    entries, found = [], []
    for entry in read_entries(path):
        try:
            entries.append(model.model_validate(entry))
        except ValidationError as failure:
            found += [f"{entry['id']}: {fault}" for fault in explained(failure, model)]
    return entries, found


def refuse(found: Sequence[str], what: str) -> None:
    """Raise NeuroswitchError where faults were found, with all of them."""
    if found:
        listed = "\n".join(f"  {fault}" for fault in sorted(found))
        raise NeuroswitchError(f"{what} has {len(found)} fault(s):\n{listed}")


def read_entries(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a YAML file that is a list of mappings, each with an `id`.

    Raises
    ------
    NeuroswitchError : the file is missing, is no YAML, is no such list, or two entries share an id
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NeuroswitchError(f"{path} does not exist") from None
    except yaml.YAMLError as failure:
        raise NeuroswitchError(f"{path} is not YAML: {failure}") from None
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise NeuroswitchError(f"{path}: expected a list of entries, each with an id")
    ids = [entry.get("id") for entry in entries]
    for place, name in enumerate(ids, start=1):
        if not isinstance(name, str):
            raise NeuroswitchError(f"{path}: entry {place} has no id")
    if repeated := sorted({name for name in ids if ids.count(name) > 1}):
        raise NeuroswitchError(f"{path}: two entries have the id {', '.join(repeated)}")
    return entries


def _explain(fault: Any, model: type[Section]) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(fault["loc"], model)
        return f"{where}: unknown key; {nearest(str(fault['loc'][-1]), known)}"
    if fault["type"] == "missing":
        return f"{where}: this key is required"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {message} (found {fault['input']!r})"


def _keys_beside(location: tuple[Any, ...], root: type[Section]) -> list[str]:
    """Return the keys known where an unknown one was found."""
    model: Any = root
    for part in location[:-1]:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = _section_of(model.model_fields[part].annotation)
    return [field.alias or name for name, field in model.model_fields.items()]


def _section_of(annotation: Any) -> Any:
    """Return the Section inside an annotation such as `dict[str, list[Section]]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _section_of(argument)
        if found is not None:
            return found
    return None
