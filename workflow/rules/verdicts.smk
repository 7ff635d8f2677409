"""Judge: tables to verdicts. No experiment is imported, and nothing is trained."""

EXPERIMENTS = [
    *settings.gates.experiments,
    *settings.gates.traces,
    *settings.mnist.experiments,
    *settings.rnn.experiments,
]
JUDGED = alternatives.tables(CLAIMS, LEDGER, EXPERIMENTS)


rule judge:
    input:
        expand(f"{RESULTS}/{{table}}.parquet", table=JUDGED),
    output:
        verdicts=f"{RESULTS}/verdicts/verdicts.parquet",
        sensitivity=f"{RESULTS}/verdicts/sensitivity.parquet",
        text=f"{RESULTS}/verdicts/verdicts.csv",
    log:
        f"{LOGS}/verdicts/judge.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        root_seed=settings.seed,
        claims=content_version([claim.model_dump(mode="json") for claim in CLAIMS]),
        ledger=content_version([entry.model_dump(mode="json") for entry in LEDGER]),
    script:
        "../scripts/judge.py"
