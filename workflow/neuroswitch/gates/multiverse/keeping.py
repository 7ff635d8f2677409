"""Which universes need not be trained again: those of tables that the same code would make."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from neuroswitch import footers, index, schemas, versions
from neuroswitch.settings.gates import GateSettings


def kept(
    settings: GateSettings, name: str, root_seed: int, paths: Mapping[str, str | Path]
) -> dict[str, pd.DataFrame]:
    """Return tables of the universes that training them now would give again; none: no tables.

    A multiverse of more universes, or of fewer, keeps those that its tables have.

    Parameters
    ----------
    paths : name of each table -> its place, whether it is there or not
    """
    count = min(_universes(settings, name, root_seed, Path(path)) for path in paths.values())
    if count == 0:
        return {}
    tables = {table: schemas.read(path) for table, path in paths.items()}
    return {table: frame[frame["universe"] < count] for table, frame in tables.items()}


def _universes(settings: GateSettings, name: str, root_seed: int, path: Path) -> int:
    """Return how many universes a table has; 0 where it is of another version."""
    footer = footers.of_table(path) if path.exists() else None
    count = (footer or {}).get("config", {}).get("universes", 0)
    if not footer or not count:
        return 0
    # The version of a multiverse of as many universes as the table has.
    own = settings.multiverses[name].model_copy(update={"universes": count})
    as_many = settings.model_copy(update={"multiverses": settings.multiverses | {name: own}})
    declared = index.get("training", "multiverse")
    now = versions.of_training(declared, as_many, root_seed, name)
    return count if footer["version"] == now else 0
