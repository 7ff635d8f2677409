"""Follow the recipe of the verdicts: every claim by its own criterion, and under alternatives."""

from pathlib import Path, PurePosixPath

from neuroswitch import declare, index, ledger, provenance, schemas, store
from neuroswitch.claims.judging import judge
from neuroswitch.recipes import Recipe
from neuroswitch.schemas.verdicts import SENSITIVITY, VERDICTS


@declare.judgement(
    "judge",
    writes={"verdicts/verdicts": VERDICTS, "verdicts/sensitivity": SENSITIVITY},
)
def make(recipe: Recipe, below: Path = Path()) -> None:
    """Judge every claim by the tables of a recipe; the verdicts are also written as text.

    Parameters
    ----------
    below : folder that the paths of its outputs are below; those of its inputs are as they are

    Raises
    ------
    NeuroswitchError : as `claims.judging.judge`
    """
    tables = judge(
        Path(recipe.outputs[0]).parents[1],
        list(index.all_of("claim").values()),
        ledger.load(provenance.ROOT / "config/ambiguities.yaml"),
        recipe.options["root_seed"],
    )
    paths = {PurePosixPath(path).stem: below / path for path in recipe.outputs}
    text = paths["verdicts"].with_suffix(".csv")
    schemas.write_all(tables, paths, provenance.of_analysis(recipe.inputs, recipe.version))
    stored = schemas.read(paths["verdicts"])
    store.write_atomically(text, lambda part: stored.to_csv(part, index=False))
