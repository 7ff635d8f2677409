"""Rows of tables as the numbers that a claim speaks of."""

from collections.abc import Callable, Hashable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch import schemas
from neuroswitch.claims.catalogue import Range, Source
from neuroswitch.claims.criteria import Untestable
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.schemas.columns import VECTOR


class Tables:
    """The tables below a folder of results, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[str, pd.DataFrame] = {}

    def trained(self, table: str, experiment: str) -> bool:
        """Return whether an experiment, which a table is about, has a folder of its own tables."""
        own = self._path(table).parent
        room = self.root / table.split("/")[0]
        return (own if own.name == experiment else room / experiment).is_dir()

    def read(self, table: str) -> pd.DataFrame:
        """Return a table, without the vectors that it may hold.

        Raises
        ------
        NeuroswitchError : it does not exist (and which rule makes it), or is not what it should be
        """
        if table not in self._read:
            path = self._path(table)
            if not path.exists():
                raise NeuroswitchError(
                    f"{path} does not exist, and claims are judged by it; "
                    f"`snakemake {path}` makes it"
                )
            frame = schemas.read(path)
            schema = schemas.of(path)
            self._read[table] = frame[[c.name for c in schema.columns if c.type != VECTOR]]
        return self._read[table]

    def _path(self, table: str) -> Path:
        return self.root / f"{table}.parquet"


def verify(source: Source) -> None:
    """Raise NeuroswitchError where a source names a table, column or word that nothing has."""
    try:
        schema = schemas.of(f"{source.table}.parquet")
    except NeuroswitchError:
        known = list(schemas.known())
        raise NeuroswitchError(
            f"no schema has a table {source.table!r}; {nearest(source.table, known)}"
        ) from None
    known = [column.name for column in schema.columns]
    for column in columns_of(source):
        if column not in known:
            raise NeuroswitchError(
                f"{source.table} has no column {column!r}; {nearest(column, known)}"
            )
    if source.as_ is not None and source.as_ not in MAKING:
        raise NeuroswitchError(f"no value is made as {source.as_!r}; {nearest(source.as_, MAKING)}")


def columns_of(source: Source) -> list[str]:
    """Return the columns that a source reads, those of its value first."""
    made = MAKING[source.as_][1] if source.as_ in MAKING else ()
    named = [*source.value, *made, *source.medians_above, *source.where, *source.by, *source.unit]
    return list(dict.fromkeys(named))


def rows(source: Source, tables: Tables) -> pd.DataFrame:
    """Return the rows that a source selects.

    Raises
    ------
    Untestable : no row fits, or none has one of the values that must all occur
    NeuroswitchError : as `Tables.read`
    """
    frame = tables.read(source.table)
    for column, wanted in source.where.items():
        fits = _fits(frame[column], wanted)
        if isinstance(wanted, list):
            absent = [str(value) for value in wanted if not (frame[column] == value).any()]
            if absent:
                raise Untestable(f"{source.table} has no {column} {', '.join(absent)}")
        frame = frame[fits]
        if frame.empty:
            raise Untestable(f"{source.table} has no rows with {_described(source.where)}")
    for column, threshold in source.medians_above.items():
        medians = frame.groupby(source.by)[column].transform("median")
        frame = frame[medians > threshold]
        if frame.empty:
            raise Untestable(f"no {' '.join(source.by)} has a median {column} above {threshold}")
    return frame


def sample(source: Source, tables: Tables, name: str) -> pd.DataFrame:
    """Return a source's numbers: a row for each unit, a column for each group.

    Where several columns are the value and nothing is made of them, they are the columns.
    `name` is the label of a single group that has none. Raises as `rows` does.
    """
    frame = rows(source, tables)
    if not source.by:
        return _values(frame, source, source.label or name)
    parts = [
        _values(group, source, " ".join(map(_word, key)))
        for key, group in frame.groupby(source.by, sort=True)
    ]
    return pd.concat(parts, axis=1)


def _values(frame: pd.DataFrame, source: Source, label: str) -> pd.DataFrame:
    if source.as_ is not None:
        made = MAKING[source.as_][0](frame, source.unit, *source.value)
        return made.rename(label).to_frame()
    if frame.duplicated(source.unit).any():
        raise NeuroswitchError(
            f"{source.table} has several rows with {_described(source.where)} for one "
            f"{' and '.join(source.unit)}; say in claims.yaml which is meant"
        )
    values = frame.set_index(source.unit)[source.value]
    return values if len(source.value) > 1 else values.set_axis([label], axis=1)


def _fits(column: pd.Series, wanted: Any) -> pd.Series:
    if isinstance(wanted, Range):
        low = -np.inf if wanted.at_least is None else wanted.at_least
        high = np.inf if wanted.at_most is None else wanted.at_most
        return column.between(low, high)
    if isinstance(wanted, list):
        return column.isin(wanted)
    if isinstance(wanted, str) and "*" in wanted:
        return column.map(lambda value: fnmatchcase(value, wanted))
    return column == wanted


def _described(where: dict[str, Any]) -> str:
    return ", ".join(f"{column} {wanted}" for column, wanted in where.items()) or "anything"


def _word(value: Hashable) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _change(frame: pd.DataFrame, unit: list[str], last: str, first: str) -> pd.Series:
    """Last minus first."""
    return frame.set_index(unit)[last] - frame.set_index(unit)[first]


def _cycles_until(frame: pd.DataFrame, unit: list[str], cycle: str) -> pd.Series:
    """A cycle; infinite for never."""
    return frame.set_index(unit)[cycle].astype(float).replace(0.0, np.inf)


def _epochs_until(frame: pd.DataFrame, unit: list[str], cycle: str) -> pd.Series:
    """The epochs, over all tasks, of that many cycles."""
    epochs = frame["period"] * (frame["tasks"].str.count("/") + 1)
    return _cycles_until(frame, unit, cycle) * epochs.set_axis(frame.set_index(unit).index)


def _largest(frame: pd.DataFrame, unit: list[str], value: str) -> pd.Series:
    """The largest of a unit's rows; NaN where one is."""
    return frame.groupby(unit)[value].agg(lambda values: values.max(skipna=False))


def _smallest(frame: pd.DataFrame, unit: list[str], value: str) -> pd.Series:
    """The smallest of a unit's rows; NaN where one is."""
    return frame.groupby(unit)[value].agg(lambda values: values.min(skipna=False))


def _mean(frame: pd.DataFrame, unit: list[str], value: str) -> pd.Series:
    """The mean of a unit's rows; NaN where one is."""
    return frame.groupby(unit)[value].agg(lambda values: values.mean(skipna=False))


def _share(frame: pd.DataFrame, unit: list[str], count: str, total: str) -> pd.Series:
    """Sum over sum of a unit's rows."""
    sums = frame.groupby(unit)[[count, total]].sum()
    return sums[count] / sums[total]


def _smallest_share(frame: pd.DataFrame, unit: list[str], count: str, total: str) -> pd.Series:
    """The smallest share of a unit's rows."""
    return _smallest(frame.assign(share=frame[count] / frame[total]), unit, "share")


def _relative(frame: pd.DataFrame, unit: list[str], value: str, reference: str) -> pd.Series:
    """A value as a share of another in its row."""
    return frame.set_index(unit)[value] / frame.set_index(unit)[reference]


def _order(frame: pd.DataFrame, unit: list[str], step: str, error: str) -> pd.Series:
    """The slope of log error against log step between the two smallest steps."""
    finest = frame.sort_values(step).groupby(unit).head(2)
    return finest.groupby(unit)[[step, error]].apply(
        lambda pair: float(np.divide(*np.log(pair.iloc[1] / pair.iloc[0])[[error, step]]))
    )


def _ablated(
    frame: pd.DataFrame, unit: list[str], correlation: str, survivors: str, ramps: str
) -> pd.Series:
    """Whether holding some component leaves every ramp and destroys the change of slope.

    Destroyed: correlation of slope and interval below half of the intact one, of its sign.
    """
    intact = frame[frame["component"] == 0].set_index(unit)[correlation]
    held = frame[frame["component"] > 0]
    reference = intact.reindex(held.set_index(unit).index).to_numpy()
    lost = held[correlation] * np.sign(reference) < np.abs(reference) / 2
    does = held.assign(does=lost & (held[survivors] == held[ramps]))
    return does.groupby(unit)["does"].any()


MAKING: dict[str, tuple[Callable[..., pd.Series], tuple[str, ...]]] = {
    "change": (_change, ()),
    "cycles_until": (_cycles_until, ()),
    "epochs_until": (_epochs_until, ("period", "tasks")),
    "largest": (_largest, ()),
    "smallest": (_smallest, ()),
    "mean": (_mean, ()),
    "share": (_share, ()),
    "smallest_share": (_smallest_share, ()),
    "relative": (_relative, ()),
    "order": (_order, ()),
    "ablated": (_ablated, ("component",)),
}
"""Word of `as` -> the function of (rows, unit, columns), and columns that it always reads."""
