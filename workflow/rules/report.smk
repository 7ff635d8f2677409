"""Report: verdicts, figures, tables and costs as pages; a manifest and a description of them."""

REPORT = f"{RESULTS}/report"
VERDICTS = f"{RESULTS}/verdicts"
MANIFEST = f"{RESULTS}/manifest.tsv"
RECIPES_FILE = f"{RESULTS}/recipes.json"
REPORT_TEXTS = [
    ROOT / "config/ambiguities.yaml",
    ROOT / "config/costs.tsv",
    *(ROOT / "workflow/report").iterdir(),
    # Measured by hand, `make benchmark`; a copy of the project may come without it.
    *ROOT.glob("results/benchmarks/rnn.csv"),
]
# The paper's scale is the one that is tracked, and speaks for the project.
REPRODUCTION = (
    "REPRODUCTION.md" if settings.scale == "paper" else f"{REPORT}/REPRODUCTION.md"
)
VERSION_OF_RECIPES = content_version(RECIPES)


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
    localrule: True
    conda:
        ENVIRONMENT
    params:
        recipes=RECIPES,
        version=versions.of_job(
            "write_recipes", writes=[RECIPES_FILE], recipes=VERSION_OF_RECIPES
        ),
    script:
        "../scripts/write_recipes.py"


rule write_report:
    input:
        rules.figures.input,
        tables=recipes.tables(recipes.Recipe(**each) for each in RECIPES),
        verdicts=f"{VERDICTS}/verdicts.parquet",
        sensitivity=f"{VERDICTS}/sensitivity.parquet",
        recipes=RECIPES_FILE,
    output:
        page=f"{REPORT}/report.html",
        summary=REPRODUCTION,
        manifest=MANIFEST,
        crate=f"{RESULTS}/ro-crate-metadata.json",
    log:
        f"{LOGS}/report/report.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        scale=settings.scale,
        version=versions.of_job(
            "write_report",
            writes=[],
            recipes=VERSION_OF_RECIPES,
            texts=[versions.of_file(path) for path in sorted(REPORT_TEXTS)],
        ),
    script:
        "../scripts/write_report.py"


for made in (rules.write_recipes, rules.write_report):
    ask_before(made)
