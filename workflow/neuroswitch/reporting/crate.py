"""The results of a scale as an RO-Crate: every table, and the rule that made it from which others.

Source: RO-Crate 1.1 with the profile Process Run Crate 0.5, https://w3id.org/ro/wfrun/process/0.5.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from neuroswitch import provenance, schemas
from neuroswitch.manifest import Entry
from neuroswitch.recipes import Recipe

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
LICENCE = "https://spdx.org/licenses/MIT"
PARQUET = "application/vnd.apache.parquet"
FORMATS = {
    ".parquet": PARQUET,
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".html": "text/html",
}


def describe(
    root: Path,
    scale: str,
    made: Iterable[Recipe],
    tables: Sequence[Entry],
    others: Sequence[Path],
    version: str,
) -> str:
    """Return ro-crate-metadata.json for the folder `root`, with its tables and other files.

    Files outside the folder cannot be part of it: the page, which is, holds the figures.
    """
    crate = ROCrate(version="1.1")
    _contextual(crate, PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    _contextual(crate, LICENCE, "CreativeWork", name="MIT License")
    authors = _contextual(crate, "#developers", "Organization", name="neuroswitch developers")
    software = _contextual(
        crate,
        "#neuroswitch",
        "SoftwareApplication",
        name="neuroswitch",
        description="Replication of two papers on task switching by neuromodulation",
        softwareVersion=provenance.version_of_software(),
    )
    crate.root_dataset["conformsTo"] = {"@id": PROFILE}
    crate.root_dataset["version"] = version
    crate.root_dataset["license"] = {"@id": LICENCE}
    crate.root_dataset["author"] = authors
    crate.root_dataset["publisher"] = authors
    crate.root_dataset["name"] = f"neuroswitch: results at scale {scale}"
    crate.root_dataset["description"] = (
        "Tables, verdicts and report of a replication of two papers on task switching by "
        "neuromodulation, with the rule that made each table and the tables it was made from."
    )
    crate.root_dataset["datePublished"] = provenance.date_of_commit()
    files = {entry.path: _table(crate, root, entry) for entry in tables}
    for path in others:
        files[str(path)] = _file(crate, root, path, {"name": path.name})
    for recipe in made:
        inputs, results = (
            [files[path] for path in paths if path in files]
            for paths in (recipe.inputs, recipe.outputs)
        )
        if results:
            _action(crate, software, recipe, inputs, results)
    for action in crate.get_by_type("CreateAction"):
        crate.root_dataset.append_to("mentions", action)
    return json.dumps(crate.metadata.generate(), indent=1, sort_keys=True) + "\n"


def _contextual(crate: ROCrate, address: str, kind: str, **properties: Any) -> Any:
    return crate.add(ContextEntity(crate, address, properties={"@type": kind, **properties}))


def _table(crate: ROCrate, root: Path, entry: Entry) -> Any:
    schema = schemas.of(entry.path)
    properties = {
        "name": schema.name,
        "description": f"{entry.rows} rows; one for each {', '.join(schema.key)}",
        "identifier": f"content-sha256:{entry.content_sha256}",
    }
    return _file(crate, root, Path(entry.path), properties)


def _file(crate: ROCrate, root: Path, path: Path, properties: Mapping[str, Any]) -> Any:
    return crate.add_file(
        path,
        dest_path=path.relative_to(root).as_posix(),
        properties={
            "encodingFormat": FORMATS[path.suffix],
            "contentSize": str(path.stat().st_size),
            **properties,
        },
    )


def _action(
    crate: ROCrate, software: Any, recipe: Recipe, inputs: list[Any], results: list[Any]
) -> None:
    """Describe one job: a rule, with the wildcards it was asked for."""
    name = " ".join([recipe.rule, *recipe.wildcards.values()])
    slug = name.replace(" ", "/")
    rule = _contextual(
        crate,
        f"#rule/{slug}",
        "SoftwareApplication",
        name=f"rule {recipe.rule}",
        softwareVersion=recipe.version,
        isPartOf=software,
    )
    crate.add_action(
        rule,
        identifier=f"#action/{slug}",
        object=_one_or_all(inputs),
        result=_one_or_all(results),
        properties={
            "name": name,
            "description": f"{name.replace('_', ' ')}: {len(results)} tables from {len(inputs)}",
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )


def _one_or_all(entities: list[Any]) -> Any:
    """Return a list, or its one element: RO-Crate 1.1 recommends no list of one."""
    return entities[0] if len(entities) == 1 else entities
