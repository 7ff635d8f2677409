"""Draw: tables to figures. A rule for each figure that declares itself; nothing here trains."""


def shown(path, name):
    """A figure's path; the SVG with its caption is what Snakemake's own report shows."""
    caption = ROOT / f"workflow/report/{name}.rst"
    if not path.endswith(".svg"):
        return path
    return report(
        path,
        category="Figures",
        **({"caption": str(caption)} if caption.exists() else {}),
    )


for figure in index.all_of("figure").values():
    if not GRAPH.experiments(figure):
        continue
    whose = "_{experiment}" if has_wildcard(figure) else ""

    rule:
        name:
            rule_of(figure)
        input:
            reading(figure),
        output:
            [shown(path, figure.name) for path in patterns_of(figure, RESULTS, FIGURES)],
        log:
            f"{LOGS}/figures/{figure.name}{whose}.log",
        wildcard_constraints:
            experiment=names(figure),
        localrule: True
        conda:
            ENVIRONMENT
        params:
            recipe=recipe_of(figure),
        script:
            "../scripts/draw.py"


rule figures:
    input:
        [path for recipe in GRAPH.drawn for path in recipe.outputs],
