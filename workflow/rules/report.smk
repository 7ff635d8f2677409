"""Report: verdicts, figures, tables and costs as pages; a manifest and a description of them."""

from types import SimpleNamespace

from neuroswitch import recipes

REPORT = f"{RESULTS}/report"
VERDICTS = f"{RESULTS}/verdicts"
MANIFEST = f"{RESULTS}/manifest.tsv"
RECIPES_FILE = f"{RESULTS}/recipes.json"
REPORT_TEXTS = [
    Path(workflow.basedir, "config", "ambiguities.yaml"),
    Path(workflow.basedir, "config", "costs.tsv"),
    *Path(workflow.basedir, "workflow", "report").iterdir(),
]
# The paper's scale is the one that is tracked, and speaks for the project.
REPRODUCTION = (
    "REPRODUCTION.md" if settings.scale == "paper" else f"{REPORT}/REPRODUCTION.md"
)


def recipe(made, wildcards):
    """How a rule makes its files, as plain data; a job that trains has no input worth naming."""
    version = made.params.version
    basic = {
        "rule": made.rule.name,
        "version": version(SimpleNamespace(**wildcards)) if wildcards else version,
        "wildcards": wildcards,
        "inputs": [] if wildcards else [str(path) for path in made.input],
        "outputs": [str(path).format(**wildcards) for path in made.output],
    }
    if wildcards:
        return basic
    return basic | {
        "script": os.path.relpath(
            os.path.join(made.rule.basedir, made.rule.script), workflow.basedir
        ),
        "named_inputs": named(made.input),
        "named_outputs": named(made.output),
        "params": dict(made.params.items()),
    }


def named(files):
    """The files of a rule that have names."""
    return {
        name: str(each) if isinstance(each, str) else [str(path) for path in each]
        for name, each in files.items()
    }


def all_recipes():
    """How every lasting file is made, by the rules that have been read so far."""
    named = [getattr(rules, each.name) for each in workflow.rules]
    versioned = [each for each in named if "version" in dict(each.params.items())]
    fixed = [each for each in versioned if not each.rule.has_wildcards()]
    asking = [each for each in versioned if each.rule.has_wildcards()]
    read = {str(path) for each in (*fixed, rules.tables) for path in each.input}
    lasting = sorted(path for path in read if "chunks" not in Path(path).parts)
    found = [recipe(each, {}) for each in fixed]
    for each in asking:
        for path in lasting:
            matches = [recipes.wildcards_of(str(made), path) for made in each.output]
            found += [recipe(each, wildcards) for wildcards in matches if wildcards]
    found = {made["outputs"][0]: made for made in found}
    return [found[path] for path in sorted(found)]


RECIPES = all_recipes()
VERSION_OF_RECIPES = content_version(RECIPES)


# On a cluster the head does these itself: they take seconds.
localrules:
    write_recipes,
    write_manifest,
    write_report,
    write_crate,


rule report:
    input:
        f"{REPORT}/report.html",
        REPRODUCTION,
        f"{RESULTS}/ro-crate-metadata.json",


rule write_recipes:
    output:
        RECIPES_FILE,
    log:
        f"{LOGS}/report/recipes.log",
    conda:
        ENVIRONMENT
    params:
        recipes=RECIPES,
        version=content_version(code_hash("recipes"), VERSION_OF_RECIPES),
    script:
        "../scripts/write_recipes.py"


rule write_manifest:
    input:
        tables=recipes.tables(recipes.Recipe(**each) for each in RECIPES),
        recipes=RECIPES_FILE,
    output:
        MANIFEST,
    log:
        f"{LOGS}/report/manifest.log",
    conda:
        ENVIRONMENT
    params:
        version=content_version(code_hash("manifest"), VERSION_OF_RECIPES),
    script:
        "../scripts/write_manifest.py"


rule write_report:
    input:
        rules.figures.input,
        verdicts=f"{VERDICTS}/verdicts.parquet",
        sensitivity=f"{VERDICTS}/sensitivity.parquet",
        manifest=MANIFEST,
        recipes=RECIPES_FILE,
    output:
        page=f"{REPORT}/report.html",
        summary=REPRODUCTION,
    log:
        f"{LOGS}/report/report.log",
    conda:
        ENVIRONMENT
    params:
        templates="workflow/report",
        ledger="config/ambiguities.yaml",
        records="config/costs.tsv",
        version=content_version(
            code_hash("reporting.facts", "reporting.render"),
            VERSION_OF_RECIPES,
            versions.of_texts(*REPORT_TEXTS),
        ),
    script:
        "../scripts/write_report.py"


rule write_crate:
    input:
        recipes=RECIPES_FILE,
        manifest=MANIFEST,
        page=f"{REPORT}/report.html",
    output:
        f"{RESULTS}/ro-crate-metadata.json",
    log:
        f"{LOGS}/report/crate.log",
    conda:
        ENVIRONMENT
    params:
        scale=settings.scale,
        version=content_version(code_hash("reporting.crate"), VERSION_OF_RECIPES),
    script:
        "../scripts/write_crate.py"
