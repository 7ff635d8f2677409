"""Judge: tables to verdicts. No experiment is imported, and nothing is trained."""

EXPERIMENTS = [
    *settings.gates.experiments,
    *settings.gates.traces,
    *settings.mnist.experiments,
    *settings.rnn.experiments,
]
JUDGED = alternatives.tables(CLAIMS, LEDGER, EXPERIMENTS)


# On a cluster the head does this itself: it takes seconds.
localrules:
    judge,


rule judge:
    input:
        expand(f"{RESULTS}/{{table}}.parquet", table=JUDGED),
    output:
        verdicts=f"{RESULTS}/verdicts/verdicts.parquet",
        sensitivity=f"{RESULTS}/verdicts/sensitivity.parquet",
        text=f"{RESULTS}/verdicts/verdicts.csv",
    log:
        f"{LOGS}/verdicts/judge.log",
    conda:
        ENVIRONMENT
    params:
        root_seed=settings.seed,
        version=content_version(
            code_hash("claims.judge"),
            settings.seed,
            [claim.model_dump(mode="json") for claim in CLAIMS],
            [entry.model_dump(mode="json") for entry in LEDGER],
            version_of(
                "gates.geometry",
                "gates.neighbours",
                "gates.rates",
                experiments=[
                    *settings.gates.experiments,
                    *settings.gates.sweeps,
                    *settings.gates.traces,
                ],
            ),
            [version_of_mnist(name) for name in settings.mnist.experiments],
            version_of_rnn_analysis(
                *(f"rnn.analysis.{task}" for task in RNN_ANALYSED), tasks=RNN_ANALYSED
            ),
            code_hash("rnn.theory", "rnn.cost"),
        ),
    script:
        "../scripts/judge.py"
