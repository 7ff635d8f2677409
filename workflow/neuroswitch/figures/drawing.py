"""Follow the recipe of a figure: its tables in, its function, a figure in every format out."""

from importlib import import_module
from pathlib import Path

from neuroswitch import footers, schemas, store
from neuroswitch.figures import style
from neuroswitch.recipes import Recipe


def draw(recipe: Recipe, below: Path = Path()) -> None:
    """Draw the figure of a recipe, or write its page.

    Parameters
    ----------
    below : folder that the paths of its outputs are below; those of its inputs are as they are

    Raises
    ------
    NeuroswitchError : a table cannot be read, or a file cannot be written
    """
    module, name = recipe.function
    function = getattr(import_module(module), name)
    tables = {name: schemas.read_together(paths) for name, paths in recipe.reads.items()}
    figure = function(tables, **recipe.options)
    mark = footers.mark(recipe.version, recipe.inputs)
    paths = [below / path for path in recipe.outputs]
    if isinstance(figure, str):
        store.write_text(paths[0], f"{figure}\n<!-- {mark} -->\n")
    else:
        style.save(figure, paths, mark)
