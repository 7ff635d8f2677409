"""The results of a scale as an RO-Crate: every table, and the rule that made it from which others.

A folder of results is described by the profile Process Run Crate. A folder that holds the workflow
too is described by Provenance Run Crate, which says in addition that the workflow ran and which of
its steps each job is.

Source: RO-Crate 1.1 with the profiles 0.5 of Workflow Run RO-Crate, https://w3id.org/ro/wfrun.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from neuroswitch import provenance, schemas
from neuroswitch.manifest import Entry
from neuroswitch.recipes import Recipe

PROFILES = {
    "process": "Process Run Crate",
    "workflow": "Workflow Run Crate",
    "provenance": "Provenance Run Crate",
}
"""Name of each profile by its address; each builds on the one before."""
ADDRESS = "https://w3id.org/ro/wfrun/{}/0.5"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LICENCE = "https://spdx.org/licenses/MIT"
PARQUET = "application/vnd.apache.parquet"
FORMATS = {
    ".parquet": PARQUET,
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".html": "text/html",
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
    ".cff": "application/yaml",
    "": "text/plain",
}


def describe(
    root: Path,
    scale: str,
    made: Iterable[Recipe],
    tables: Sequence[Entry],
    others: Sequence[Path],
    version: str,
    workflow: Path | None = None,
) -> str:
    """Return ro-crate-metadata.json for the folder `root`, with its tables and other files.

    Files outside the folder cannot be part of it, as the figures of a scale are not.
    `workflow` is the Snakefile, where the folder holds it.
    """
    crate = ROCrate(version="1.1")
    profiles = [ADDRESS.format(name) for name in (PROFILES if workflow else ["process"])]
    for address, name in zip(profiles, PROFILES.values(), strict=False):
        _contextual(crate, address, "CreativeWork", name=name, version="0.5")
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
    crate.root_dataset["conformsTo"] = _one_or_all([{"@id": address} for address in profiles])
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
    if "README.md" in files:
        files["README.md"]["about"] = crate.root_dataset
    if workflow:
        _orchestrate(crate, _file_of_workflow(crate, root, workflow))
    for action in crate.get_by_type(["CreateAction", "OrganizeAction"]):
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
            # An archive takes every file along that is under version control.
            "encodingFormat": FORMATS.get(path.suffix, "application/octet-stream"),
            "contentSize": str(path.stat().st_size),
            **properties,
        },
    )


def _action(
    crate: ROCrate, software: Any, recipe: Recipe, inputs: list[Any], results: list[Any]
) -> None:
    """Describe one job: a rule, and the experiment it was asked for."""
    slug = recipe.job.replace(" ", "/")
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
            "name": recipe.job,
            "description": (
                f"{recipe.job.replace('_', ' ')}: {len(results)} files from {len(inputs)}"
            ),
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )


def _file_of_workflow(crate: ROCrate, root: Path, path: Path) -> Any:
    """Add the Snakefile as what the crate is mainly about."""
    _contextual(crate, WORKFLOW_CRATE, "CreativeWork", name="Workflow RO-Crate", version="1.0")
    crate.root_dataset.append_to("conformsTo", {"@id": WORKFLOW_CRATE})
    workflow = crate.add_workflow(
        path,
        path.relative_to(root).as_posix(),
        main=True,
        lang="snakemake",
        properties={
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": "neuroswitch",
            "encodingFormat": FORMATS[""],
            "conformsTo": {"@id": BIOSCHEMAS},
        },
    )
    _contextual(crate, BIOSCHEMAS, "CreativeWork", name="ComputationalWorkflow", version="1.0")
    return workflow


def _orchestrate(crate: ROCrate, workflow: Any) -> None:
    """Describe the run of the workflow: a step for each job, and what the workflow engine did."""
    jobs = list(crate.get_by_type("CreateAction"))
    controls = []
    for position, job in enumerate(jobs, 1):
        rule = job["instrument"]
        step = _contextual(
            crate,
            f"#step/{position}",
            "HowToStep",
            name=job["name"],
            position=str(position),
            workExample=rule,
        )
        workflow.append_to("hasPart", rule)
        workflow.append_to("step", step)
        controls.append(
            _contextual(
                crate,
                f"#control/{position}",
                "ControlAction",
                name=f"start {job['name']}",
                instrument=step,
                object=job,
            )
        )
    results = [file for job in jobs for file in _all(job["result"])]
    run = crate.add_action(
        workflow,
        identifier="#run",
        result=results,
        properties={
            "name": "run of neuroswitch",
            "description": f"run of the workflow: {len(jobs)} jobs made {len(results)} files",
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    engine = _contextual(
        crate,
        "#snakemake",
        "SoftwareApplication",
        name="Snakemake",
        url="https://snakemake.github.io",
        softwareVersion=metadata.version("snakemake"),
    )
    _contextual(
        crate,
        "#orchestration",
        "OrganizeAction",
        name="Snakemake runs the workflow",
        instrument=engine,
        object=controls,
        result=run,
    )


def _all(entities: Any) -> list[Any]:
    return entities if isinstance(entities, list) else [entities]


def _one_or_all(entities: list[Any]) -> Any:
    """Return a list, or its one element: RO-Crate 1.1 recommends no list of one."""
    return entities[0] if len(entities) == 1 else entities
