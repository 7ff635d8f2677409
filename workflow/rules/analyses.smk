"""Analyse: tables to tables. A rule for each analysis that declares itself in the library."""

for analysis in index.all_of("analysis").values():
    if not GRAPH.experiments(analysis):
        continue

    # Costly ones are submitted on a cluster, the others run on the login node.
    rule:
        name:
            rule_of(analysis)
        input:
            reading(analysis),
        output:
            patterns_of(analysis, RESULTS, FIGURES),
        log:
            log_of("analyses", analysis),
        wildcard_constraints:
            experiment=any_of(analysis),
        localrule: not analysis.arguments.get("costly")
        conda:
            ENVIRONMENT
        # What an analysis takes is never recorded.
        resources:
            mem_mb=lambda wildcards, attempt: costs.memory_mb(costs.ANALYSIS, attempt),
            runtime=lambda wildcards, attempt: costs.minutes(costs.ANALYSIS, attempt),
        params:
            recipe=recipe_of(analysis),
        script:
            "../scripts/analyse.py"


rule tables:
    input:
        [path for path in RECIPES if path.endswith(".parquet")],
