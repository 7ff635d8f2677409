"""What a declaration asks of the configuration, by its place there."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.settings import Settings
from neuroswitch.settings.base import Experiments


def setting(settings: Settings, place: str, asked: str) -> Any:
    """Return a value of the configuration as plain data, or the path of a file.

    Parameters
    ----------
    place : `section.experiment.key` is what the experiment says, or else the primary choice;
        `section.experiment` all that its results depend on; `section.primary` the choices, and
        `section.part` another part beside them; `section` what its group `experiments`
        depends on; `seed` the root seed
    asked : who asks, for the message

    Raises
    ------
    NeuroswitchError : the configuration has no such place
    """
    first, _, rest = place.partition(".")
    section = value(settings, first, asked)
    if not isinstance(section, Experiments):
        return section
    name, _, key = rest.partition(".")
    if not name:
        return {each: section.depends_on(each) for each in section.experiments}
    if name in type(section).model_fields:
        part = getattr(section, name)
        return _plain(value(part, key, asked) if key else part)
    known = settings.experiments_of(first)
    if name not in known:
        raise _unknown(name, known, asked)
    if not key:
        return section.depends_on(name)
    own = value(section.experiment(name), key, asked)
    return _plain(value(section.primary, key, asked) if own is None else own)


def value(part: Any, key: str, asked: str) -> Any:
    """Return what a part of the configuration says of a key.

    Raises
    ------
    NeuroswitchError : it has no such key; `asked` says who asks for it
    """
    known = type(part).model_fields if isinstance(part, BaseModel) else ()
    if key not in known:
        raise _unknown(key, known, asked)
    return getattr(part, key)


def _unknown(name: str, known: Iterable[str], asked: str) -> NeuroswitchError:
    return NeuroswitchError(f"{asked}, and there is no {name!r}; {nearest(name, known)}")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
