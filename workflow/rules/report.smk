"""Report: verdicts, figures, tables and costs as a text and as a page; a manifest and an RO-Crate."""

from neuroswitch.recipes import of_report

RECIPES_FILE = f"{RESULTS}/recipes.json"
REPORT_TEXTS = [
    ROOT / "config/ambiguities.yaml",
    ROOT / "config/costs.tsv",
    *versions.texts_in(ROOT / "workflow/report"),
    # Measured by hand, `make benchmark`, and judged before the claims were written anew; a copy of
    # the project may come without them.
    *ROOT.glob("results/benchmarks/rnn.csv"),
    *ROOT.glob("results/first_round.csv"),
]
MADE = list({each.outputs[0]: asdict(each) for each in RECIPES.values()}.values())
VERSION_OF_RECIPES = versions.of_job("write_recipes", writes={}, recipes=MADE)
VERSION_OF_REPORT, VERSION_OF_PAGE = (
    versions.of_job(
        name,
        writes={},
        recipes=VERSION_OF_RECIPES,
        texts=[versions.of_file(path) for path in sorted(REPORT_TEXTS)],
    )
    for name in ("write_report", "write_page")
)
REPORTED = [RECIPES_FILE, *RECIPES]
REPORT_FILES = of_report(settings.scale)
PAGE = REPORT_FILES.pop("page")


rule report:
    input:
        PAGE,
        list(REPORT_FILES.values()),


rule write_recipes:
    input:
        lambda wildcards: asked(
            "write_recipes", (RECIPES_FILE,), [], VERSION_OF_RECIPES
        ),
    output:
        RECIPES_FILE,
    log:
        f"{LOGS}/report/recipes.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        recipes=MADE,
        version=VERSION_OF_RECIPES,
    script:
        "../scripts/write_recipes.py"


rule write_report:
    input:
        lambda wildcards: asked(
            "write_report", tuple(REPORT_FILES.values()), REPORTED, VERSION_OF_REPORT
        ),
    output:
        **REPORT_FILES,
    log:
        f"{LOGS}/report/report.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        scale=settings.scale,
        recipes=RECIPES_FILE,
        version=VERSION_OF_REPORT,
    script:
        "../scripts/write_report.py"


rule write_page:
    input:
        lambda wildcards: asked(
            "write_page",
            (PAGE,),
            [REPORT_FILES["manifest"], *REPORTED],
            VERSION_OF_PAGE,
        ),
    output:
        PAGE,
    log:
        f"{LOGS}/report/page.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        recipes=RECIPES_FILE,
        version=VERSION_OF_PAGE,
    script:
        "../scripts/write_page.py"
