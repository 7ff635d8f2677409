"""Paper 2: train the recurrent networks, and gather the chunks of runs."""

RNN = TRAININGS["rnn"]


rule train_rnn:
    input:
        training(RNN),
    output:
        **{name: temp(path) for name, path in tables_of(RNN, chunk=True).items()},
    log:
        f"{LOGS}/rnn/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/rnn/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment=any_of(RNN),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("rnn"),
        runtime=run_time("rnn"),
    params:
        checkpoints=f"{RESULTS}/rnn/{{experiment}}/chunks/{{chunk}}/checkpoints",
        version=version_of(RNN),
    script:
        "../scripts/train_rnn.py"


rule gather_rnn:
    input:
        chunks_of(RNN),
    output:
        **tables_of(RNN),
    log:
        f"{LOGS}/rnn/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment=any_of(RNN),
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/gather.py"
