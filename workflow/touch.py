"""Declare that trained tables hold for the code as it is now: `make touch`.

For a change of code that changes no number, where training again would take hours. Every table
keeps a record of it in its footer. What is computed from the tables is then made again as usual.
"""

import argparse
from pathlib import Path

from neuroswitch import provenance, recipes, schemas, store
from workflow import command, configuration


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="default: that of stored results")
    arguments = parser.parse_args()
    config = arguments.config or configuration.default(from_stored=True)
    scale = configuration.typed(config).scale
    configuration.require_results(scale, config)
    made = configuration.recipes(config).values()
    costly = {recipe.outputs[0]: recipe for recipe in made if is_costly(recipe)}
    touched = [path for recipe in costly.values() for path in touch(recipe)]
    print(f"{len(touched)} tables of scale {scale} are declared to hold for the code as it is")
    return 0


def is_costly(recipe: recipes.Recipe) -> bool:
    """Return whether a recipe trains, or measures a time: all others are followed again."""
    return bool(recipe.trained) or recipes.section_of(recipe.outputs[0]) == "costs"


def touch(recipe: recipes.Recipe) -> list[str]:
    """Give the tables of a recipe that are there its version; return those that had another.

    Raises
    ------
    NeuroswitchError : as `store.change_footer`
    """
    touched = []
    for path in filter(lambda path: Path(path).exists(), recipe.outputs):
        footer = store.provenance_of(Path(path))
        if footer["version"] == recipe.version:
            continue
        record = {"version": footer["version"], "software": provenance.version_of_software()}
        changed = {"version": recipe.version, "touched": [*footer.get("touched", []), record]}
        store.change_footer(Path(path), schemas.of(path), changed)
        touched.append(path)
    return touched


if __name__ == "__main__":
    command.run(main)
