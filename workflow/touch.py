"""Declare that trained tables hold for the code as it is now: `make touch`.

For a change of code that changes no number, where training again would take hours. Every table
keeps a record of it in its footer. What is computed from the tables is then made again as usual.
Tables that were trained with another configuration are left as they are, and named.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from neuroswitch import provenance, recipes, schemas, store, verification
from neuroswitch.errors import NeuroswitchError
from neuroswitch.settings import Settings
from workflow import command, configuration

ASIDE = {"runs_per_job", "test_trials", "figure"}
"""Keys of an experiment by which its trained tables are no others."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="default: that of stored results")
    arguments = parser.parse_args()
    config = arguments.config or configuration.default(from_stored=True)
    chosen = configuration.typed(config)
    configuration.require_results(chosen.scale, config)
    made = configuration.recipes(config).values()
    costly = {recipe.outputs[0]: recipe for recipe in made if is_costly(recipe)}.values()
    others = {recipe.outputs[0]: changed_settings(recipe, chosen, costly) for recipe in costly}
    touched = [path for recipe in costly if not others[recipe.outputs[0]] for path in touch(recipe)]
    print(
        f"{len(touched)} tables of scale {chosen.scale} are declared to hold for the code as it is"
    )
    if left := [f"{path} ({', '.join(keys)})" for path, keys in others.items() if keys]:
        print(f"trained with other settings, and left as they are: {verification.listed(left)}")
    return 0


def is_costly(recipe: recipes.Recipe) -> bool:
    """Return whether a recipe trains, or measures a time: all others are followed again."""
    return bool(recipe.trained) or recipes.section_of(recipe.outputs[0]) == "costs"


def changed_settings(
    recipe: recipes.Recipe, chosen: Settings, costly: Iterable[recipes.Recipe]
) -> list[str]:
    """Return the settings in which a recipe's stale tables differ from those chosen.

    Times were measured of all recurrent networks: they hold as long as those of `costly` do.
    """
    if not recipe.trained:
        rnn = [each for each in costly if each.trained and each.trained[0] == "rnn"]
        new = {each.trained[1] for each in rnn if not Path(each.outputs[0]).exists()}
        return sorted(new.union(*(changed_settings(each, chosen, ()) for each in rnn)))
    now = settings_of(recipe.trained, chosen)
    footers = of_other_version(recipe).values()
    return sorted({key for own in footers for key in differing(own | own["config"], now)})


def settings_of(trained: tuple[str, str], chosen: Settings) -> dict[str, Any]:
    """Return the root seed, and what the footer of a table that is trained now would say."""
    section, experiment = trained
    return {"seed": chosen.seed, **getattr(chosen, section).described(experiment)}


def differing(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the settings that both have and that differ.

    One that only one of them has came or went with the code. Inside a setting, an older footer
    lacks what was None.
    """
    both = earlier.keys() & now.keys() - ASIDE
    return sorted(key for key in both if _said(earlier[key]) != _said(now[key]))


def _said(value: Any) -> Any:
    """Return a value without the entries of its mappings that are None."""
    if isinstance(value, Mapping):
        return {key: _said(inner) for key, inner in value.items() if inner is not None}
    return [_said(inner) for inner in value] if isinstance(value, list) else value


def of_other_version(recipe: recipes.Recipe) -> dict[str, dict[str, Any]]:
    """Return the footers of a recipe's tables that are there and do not have its version."""
    there = [path for path in recipe.outputs if Path(path).exists()]
    footers = {path: store.provenance_of(Path(path)) for path in there}
    return {path: own for path, own in footers.items() if own["version"] != recipe.version}


def touch(recipe: recipes.Recipe) -> list[str]:
    """Give the tables of a recipe that are there its version; return those that had another.

    Raises
    ------
    NeuroswitchError : as `store.change_footer`; or a table has other columns than it has now, or
        has them in another order
    """
    behind = of_other_version(recipe)
    for path, footer in behind.items():
        schema = schemas.of(path)
        # `read` refuses columns of another version, and takes them in any order.
        if list(store.read(Path(path), schema)) != schema.names:
            raise NeuroswitchError(
                f"{path} holds the columns of {schema.name!r} in another order; "
                "delete it and run again"
            )
        record = {"version": footer["version"], "software": provenance.version_of_software()}
        changed = {"version": recipe.version, "touched": [*footer.get("touched", []), record]}
        store.change_footer(Path(path), schema, changed)
    return list(behind)


if __name__ == "__main__":
    command.run(main)
