"""Draw: tables to figures. A rule for each figure that declares itself; nothing here trains."""

for figure in index.all_of("figure").values():
    if not GRAPH.experiments(figure):
        continue

    rule:
        name:
            rule_of(figure)
        input:
            reading(figure),
        output:
            [shown(path, figure.name) for path in patterns_of(figure, RESULTS, FIGURES)],
        log:
            log_of("figures", figure),
        wildcard_constraints:
            experiment=any_of(figure),
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
