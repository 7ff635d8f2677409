"""Paper 2: train the recurrent networks, gather the chunks of runs, analyse the tables."""


rule train_rnn:
    output:
        **{
            t: temp(f"{RNN}/{{experiment}}/chunks/{{chunk}}/{t}.parquet")
            for t in RNN_TRAINED
        },
    log:
        f"{LOGS}/rnn/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/rnn/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment="|".join(settings.rnn.experiments),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
    params:
        checkpoints=f"{RNN}/{{experiment}}/chunks/{{chunk}}/checkpoints",
        version=lambda wildcards: version_of_rnn(wildcards.experiment),
    script:
        "../scripts/train_rnn.py"


rule gather_rnn:
    input:
        lambda wildcards: expand(
            f"{RNN}/{wildcards.experiment}/chunks/{{chunk}}/{{table}}.parquet",
            chunk=settings.rnn.chunks(wildcards.experiment),
            table=RNN_TRAINED,
        ),
    output:
        **{t: f"{RNN}/{{experiment}}/{t}.parquet" for t in RNN_TRAINED},
    log:
        f"{LOGS}/rnn/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment="|".join(settings.rnn.experiments),
    conda:
        ENVIRONMENT
    params:
        version=lambda wildcards: version_of_rnn(wildcards.experiment),
    script:
        "../scripts/gather.py"


# With every core, so that no other job is in its times.
rule time_rnn:
    output:
        rnn_step_times=RNN_COSTS,
    log:
        f"{LOGS}/rnn/time.log",
    conda:
        ENVIRONMENT
    threads: workflow.cores
    params:
        experiment=RNN_TIMED,
        version=version_of_rnn_costs(),
    script:
        "../scripts/time_rnn.py"
