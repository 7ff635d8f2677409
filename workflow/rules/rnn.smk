"""Paper 2: train the recurrent networks, gather the chunks of runs, evaluate, time a step."""


rule train_rnn:
    output:
        **{
            t: temp(f"{RNN}/{{experiment}}/chunks/{{chunk}}/{t}.parquet")
            for t in versions.RNN_TABLES
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
        mem_mb=memory("rnn"),
        runtime=run_time("rnn"),
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
            table=versions.RNN_TABLES,
        ),
    output:
        **{t: f"{RNN}/{{experiment}}/{t}.parquet" for t in versions.RNN_TABLES},
    log:
        f"{LOGS}/rnn/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment="|".join(settings.rnn.experiments),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        version=lambda wildcards: version_of_rnn(wildcards.experiment),
    script:
        "../scripts/gather.py"


for task, analysed_tables in RNN_ANALYSED.items():

    rule:
        name:
            f"evaluate_{task}"
        input:
            expand(
                f"{RNN}/{{experiment}}/{{table}}.parquet",
                experiment=rnn_experiments(task),
                table=["runs", "parameters"],
            ),
        output:
            **rnn_analysed(*analysed_tables),
        log:
            f"{LOGS}/rnn/analysis/{task}.log",
        conda:
            ENVIRONMENT
        resources:
            mem_mb=2000,
        params:
            module=f"rnn.analysis.{task}",
            test_trials=rnn_test_trials(task),
            root_seed=settings.seed,
        script:
            "../scripts/evaluate_rnn.py"


rule evaluate_decay:
    output:
        **rnn_analysed("decay_errors"),
    log:
        f"{LOGS}/rnn/analysis/decay.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        root_seed=settings.seed,
    script:
        "../scripts/evaluate_decay.py"


# Not on the head of a cluster: it measures time, and would measure what else runs there.
rule time_rnn:
    output:
        step_times=RNN_STEP_TIMES,
    log:
        f"{LOGS}/rnn/step_times.log",
    conda:
        ENVIRONMENT
    params:
        experiments=[version_of_rnn(name) for name in settings.rnn.experiments],
    script:
        "../scripts/time_rnn.py"
