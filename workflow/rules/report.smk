"""Report: verdicts, figures, tables and costs as pages; a manifest and a description of them."""

REPORT = f"{RESULTS}/report"
VERDICTS = f"{RESULTS}/verdicts"
MANIFEST = f"{RESULTS}/manifest.tsv"
RECIPES_FILE = f"{RESULTS}/recipes.json"
# Measured by hand, `make benchmark`; a copy of the project may come without it.
BENCHMARKS = "results/benchmarks/rnn.csv"
REPORT_TEXTS = [
    Path(workflow.basedir, "config", "ambiguities.yaml"),
    Path(workflow.basedir, "config", "costs.tsv"),
    *Path(workflow.basedir, "workflow", "report").iterdir(),
    *Path(workflow.basedir).glob(BENCHMARKS),
]
# The paper's scale is the one that is tracked, and speaks for the project.
REPRODUCTION = (
    "REPRODUCTION.md" if settings.scale == "paper" else f"{REPORT}/REPRODUCTION.md"
)
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
        benchmarks=BENCHMARKS,
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
