"""Paper 2: train the recurrent networks, gather the chunks of runs, evaluate, time a step."""


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


rule evaluate_measure_wait_go:
    input:
        expand(
            f"{RNN}/{{experiment}}/{{table}}.parquet",
            experiment=rnn_experiments("measure_wait_go"),
            table=["runs", "parameters"],
        ),
    output:
        **rnn_analysed(*RNN_ANALYSED["measure_wait_go"]),
    log:
        f"{LOGS}/rnn/analysis/measure_wait_go.log",
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
    params:
        task="measure_wait_go",
        test_trials=rnn_test_trials("measure_wait_go"),
        version=version_of_rnn_analysis(
            "rnn.analysis.measure_wait_go", tasks=["measure_wait_go"]
        ),
    script:
        "../scripts/evaluate_rnn.py"


use rule evaluate_measure_wait_go as evaluate_multitask with:
    input:
        expand(
            f"{RNN}/{{experiment}}/{{table}}.parquet",
            experiment=rnn_experiments("multitask"),
            table=["runs", "parameters"],
        ),
    output:
        **rnn_analysed(*RNN_ANALYSED["multitask"]),
    log:
        f"{LOGS}/rnn/analysis/multitask.log",
    params:
        task="multitask",
        test_trials=rnn_test_trials("multitask"),
        version=version_of_rnn_analysis("rnn.analysis.multitask", tasks=["multitask"]),


use rule evaluate_measure_wait_go as evaluate_element_finder with:
    input:
        expand(
            f"{RNN}/{{experiment}}/{{table}}.parquet",
            experiment=rnn_experiments("element_finder"),
            table=["runs", "parameters"],
        ),
    output:
        **rnn_analysed(*RNN_ANALYSED["element_finder"]),
    log:
        f"{LOGS}/rnn/analysis/element_finder.log",
    params:
        task="element_finder",
        test_trials=rnn_test_trials("element_finder"),
        version=version_of_rnn_analysis(
            "rnn.analysis.element_finder", tasks=["element_finder"]
        ),


rule evaluate_decay:
    output:
        **rnn_analysed("decay_errors"),
    log:
        f"{LOGS}/rnn/analysis/decay.log",
    conda:
        ENVIRONMENT
    params:
        root_seed=settings.seed,
        version=content_version(code_hash("rnn.theory"), settings.seed),
    script:
        "../scripts/evaluate_decay.py"


rule time_rnn:
    output:
        step_times=RNN_STEP_TIMES,
    log:
        f"{LOGS}/rnn/step_times.log",
    conda:
        ENVIRONMENT
    params:
        version=content_version(
            code_hash("rnn.cost"),
            [version_of_rnn(name) for name in settings.rnn.experiments],
        ),
    script:
        "../scripts/time_rnn.py"
