"""Judge: tables to verdicts. No training code is imported, and nothing is trained."""

JUDGEMENT = GRAPH.judgement


rule judge:
    input:
        lambda wildcards: asked(
            "judge", JUDGEMENT.outputs, JUDGEMENT.inputs, JUDGEMENT.version
        ),
    output:
        JUDGEMENT.outputs,
        f"{RESULTS}/verdicts/verdicts.csv",
    log:
        f"{LOGS}/verdicts/judge.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        recipe=asdict(JUDGEMENT),
    script:
        "../scripts/judge.py"
