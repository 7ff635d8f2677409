"""What is wrong with a YAML file, in words that name the key and the near match."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from neuroswitch.errors import NeuroswitchError, close_match, nearest
from neuroswitch.settings import files
from neuroswitch.settings.base import Section

Entry = TypeVar("Entry", bound=Section)


NEARLY = 0.8
"""Similarity from which a name that lacks keys is taken for another one misspelt."""


def explained(failure: ValidationError, model: type[Section], content: Any) -> list[str]:
    """Return every fault found in some content, each with its key and, for a typo, the near match.

    `model` is what the content was validated as.
    """
    return [_explain(fault, model, content) for fault in failure.errors()]


def validated(path: Path, model: type[Entry]) -> tuple[list[Entry], list[str]]:
    """Return the entries of a file that a model takes, and what is wrong with the others.

    Raises as `read_entries` does.
    """
    entries, found = [], []
    for entry in read_entries(path):
        try:
            entries.append(model.model_validate(entry))
        except ValidationError as failure:
            found += [f"{entry['id']}: {fault}" for fault in explained(failure, model, entry)]
    return entries, found


def checked(model: type[Entry], content: Any, what: str) -> Entry:
    """Return some content as a model.

    Raises
    ------
    NeuroswitchError : every fault found, each with its key and, for a typo, the near match
    """
    try:
        return model.model_validate(content)
    except ValidationError as failure:
        raise refused(explained(failure, model, content), what) from None


def refuse(found: Sequence[str], what: str) -> None:
    """Raise NeuroswitchError where faults were found, with all of them."""
    if found:
        raise refused(found, what)


def refused(found: Sequence[str], what: str) -> NeuroswitchError:
    """Return the error that lists some faults."""
    listed = "\n".join(f"  {fault}" for fault in sorted(found))
    return NeuroswitchError(f"{what} has {len(found)} fault(s):\n{listed}")


def read_entries(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a YAML file that is a list of mappings, each with an `id`.

    Raises
    ------
    NeuroswitchError : as `files.read` does, or it is no such list, or two entries share an id
    """
    entries = files.read(path)
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise NeuroswitchError(f"{path}: expected a list of entries, each with an id")
    ids = [entry.get("id") for entry in entries]
    for place, name in enumerate(ids, start=1):
        if not isinstance(name, str):
            raise NeuroswitchError(f"{path}: entry {place} has no id")
    if repeated := sorted({name for name in ids if ids.count(name) > 1}):
        raise NeuroswitchError(f"{path}: two entries have the id {', '.join(repeated)}")
    return entries


def _explain(fault: Any, model: type[Section], content: Any) -> str:
    location, kind, found = fault["loc"], fault["type"], fault["input"]
    # What is wrong with a key, pydantic says of `[key]` below it.
    where = ".".join(str(part) for part in location if part != "[key]")
    if kind == "extra_forbidden":
        return f"{where}: unknown key; {nearest(str(location[-1]), _keys_beside(location, model))}"
    if kind == "missing":
        hint = _misspelt(location[:-1], model, content) if location[1:] else ""
        return f"{where}: this key is required{hint}"
    if kind == "too_short" and isinstance(found, Mapping):
        return f"{where}: at least one key with its values is expected"
    if kind in ("model_type", "dict_type"):
        return f"{where}: keys with their values are expected (found {_shown(found)})"
    message = fault["msg"].removeprefix("Value error, ")
    if kind == "value_error" and isinstance(found, list | Mapping):
        # What is wrong with several values together; the message names them
        return f"{where}: {message}"
    if kind in ("int_type", "float_type") and isinstance(found, str) and _is_number(found):
        message += "; a number has no quotes, and 1e-3 is written 1.0e-3 in YAML"
    return f"{where}: {message} (found {_shown(found)})"


def _shown(found: Any) -> str:
    if isinstance(found, bool):
        return f"{str(found).lower()}, as YAML also reads {'yes and on' if found else 'no and off'}"
    if found is None:
        return "nothing"
    return "keys" if isinstance(found, Mapping) else repr(found)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _misspelt(location: tuple[Any, ...], model: type[Section], content: Any) -> str:
    """Return a hint where a name that lacks a key is almost another's, which has it."""
    *above, name = location
    if name in _keys_beside(location, model):
        return ""
    for part in above:
        content = content.get(part) if isinstance(content, Mapping) else None
    others = {str(key) for key in content or ()} - {name}
    match = close_match(str(name), others, NEARLY)
    return f"; or did you mean {match!r} by {name!r}?" if match else ""


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
