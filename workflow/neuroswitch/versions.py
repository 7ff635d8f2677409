"""What every result depends on, as one hash: the version in the footer of each file.

A version hashes the script that makes a file with all the code that it imports, the columns of its
tables, the part of the configuration that it depends on, and the versions of its inputs. A file
whose footer holds another version is made again (`footers.why_again`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroswitch import index
from neuroswitch.declarations import Declaration, Reference
from neuroswitch.settings import files
from neuroswitch.settings.base import Experiments
from neuroswitch.source import content_version, script_hash


def of_job(script: str, *modules: str, writes: Mapping[str, Reference], **values: Any) -> str:
    """Return what the files depend on that a rule's script makes.

    Parameters
    ----------
    modules : imported by the script by a name that only the rule knows
    writes : path -> schema of the tables among the files
    values : JSON-like, whatever else they depend on
    """
    columns = [columns_of(schema) for schema in writes.values()]
    return content_version(script_hash(script, *modules), columns, values)


def columns_of(schema: Reference) -> list[Any]:
    """Return key, names and types of a table's columns; what they mean changes no number."""
    loaded = schema.load()
    return [loaded.key, [[column.name, column.type] for column in loaded.columns]]


def of_training(
    declared: Declaration,
    section: Experiments,
    seed: int,
    experiment: str,
    reads: Sequence[str] = (),
) -> str:
    """Return what the tables of an experiment depend on; chunks are put together by `gather`.

    Where training reads tables, their versions are in a second part of it, after a hyphen: the
    first part says alone whether other tables of the same contents would give the same.

    Parameters
    ----------
    reads : versions of the tables that it reads
    """
    named = [declared, *(index.get(*each) for each in section.uses(experiment))]
    own = of_job(
        declared.arguments["script"],
        *sorted({each.where.module for each in named}),
        writes=declared.writes,
        seed=seed,
        gathered=script_hash("gather"),
        **section.depends_on(experiment),
    )
    return f"{own}-{content_version(*reads)}" if reads else own


def of_training_alone(version: str) -> str:
    """Return the version of a training without that of the tables that it read."""
    return version.partition("-")[0]


TEXTS = (".css", ".j2", ".js", ".rst")
"""Endings of templates, styles and captions."""


def texts_in(folder: Path) -> list[Path]:
    """Return the templates, styles and captions of a folder, sorted.

    What an editor leaves beside them, as `.#report.css` or `report.css~`, is none.
    """
    return sorted(
        path for path in folder.iterdir() if path.suffix in TEXTS and not path.name.startswith(".")
    )


def of_file(path: Path) -> str:
    """Return what depends on a file that no rule makes: entries of YAML, or another's bytes."""
    if path.suffix == ".yaml":
        # As text: a date is no JSON.
        return content_version(str(files.read(path)))
    return content_version(path.read_bytes().hex())
