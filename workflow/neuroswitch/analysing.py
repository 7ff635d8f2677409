"""Follow the recipe of an analysis: its tables in, its function, its tables out."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path, PurePosixPath

import pandas as pd

from neuroswitch import provenance, schemas
from neuroswitch.recipes import Recipe


def analyse(recipe: Recipe, below: Path = Path()) -> None:
    """Make the tables of a recipe.

    Parameters
    ----------
    below : folder that the paths of its outputs are below; those of its inputs are as they are

    Raises
    ------
    NeuroswitchError : a table cannot be read or written, or is not what its schema says
    """
    module, name = recipe.function
    function = getattr(import_module(module), name)
    read = {name: schemas.read_together(paths) for name, paths in recipe.reads.items()}
    made = function(**read, **recipe.options)
    paths = {PurePosixPath(path).stem: below / path for path in recipe.outputs}
    tables = made if isinstance(made, Mapping) else dict.fromkeys(paths, made)
    whole = {name: _with_columns(tables[name], path) for name, path in paths.items()}
    schemas.write_all(whole, paths, provenance.of_analysis(recipe.inputs, recipe.version))


def _with_columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a table; one without rows, where every network diverged, gets its columns."""
    if len(table):
        return table
    return pd.DataFrame(columns=schemas.of(path).names)
