"""Paper 1, sections 2 and 3: train the gates, and gather the chunks of runs."""

GATES, TRACED, MULTIVERSE, SECOND_ROUND, CONFIRMATION = (
    TRAININGS[name]
    for name in ("gates", "traced_gates", "multiverse", "second_round", "confirmation")
)


rule train_gates:
    input:
        training(GATES),
    output:
        **{name: temp(path) for name, path in tables_of(GATES, chunk=True).items()},
    log:
        f"{LOGS}/gates/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/gates/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment=any_of(GATES),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        version=version_of(GATES),
    script:
        "../scripts/train_gates.py"


rule gather_gates:
    input:
        chunks_of(GATES),
    output:
        **tables_of(GATES),
    log:
        f"{LOGS}/gates/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment=any_of(GATES),
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/gather.py"


# Its jobs train the universes that the tables of the multiverse do not have yet: they are no input,
# because they are made from the chunks.
rule train_multiverse:
    input:
        training(MULTIVERSE),
    output:
        **{name: temp(path) for name, path in tables_of(MULTIVERSE, chunk=True).items()},
    log:
        f"{LOGS}/gates/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/gates/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment=any_of(MULTIVERSE),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        training=MULTIVERSE.name,
        version=version_of(MULTIVERSE),
        tables=wholes_of(MULTIVERSE),
    script:
        "../scripts/train_multiverse.py"


use rule gather_gates as gather_multiverse with:
    input:
        chunks_of(MULTIVERSE),
    output:
        **tables_of(MULTIVERSE),
    wildcard_constraints:
        experiment=any_of(MULTIVERSE),
    localrule: True


# As the multiverse; what it draws depends on the universes that were accepted there.
use rule train_multiverse as train_second_round with:
    input:
        training(SECOND_ROUND),
    output:
        **{
            name: temp(path)
            for name, path in tables_of(SECOND_ROUND, chunk=True).items()
        },
    wildcard_constraints:
        experiment=any_of(SECOND_ROUND),
    params:
        training=SECOND_ROUND.name,
        version=version_of(SECOND_ROUND),
        tables=wholes_of(SECOND_ROUND),


use rule gather_gates as gather_second_round with:
    input:
        chunks_of(SECOND_ROUND),
    output:
        **tables_of(SECOND_ROUND),
    wildcard_constraints:
        experiment=any_of(SECOND_ROUND),
    localrule: True


# Not in chunks, as the traces below. A job whose setting is that of its tables writes them again.
rule train_confirmation:
    input:
        training(CONFIRMATION),
    output:
        **tables_of(CONFIRMATION),
    log:
        f"{LOGS}/gates/{{experiment}}/all.log",
    benchmark:
        f"{COSTS}/gates/{{experiment}}/all.tsv"
    wildcard_constraints:
        experiment=any_of(CONFIRMATION),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        version=version_of(CONFIRMATION),
    script:
        "../scripts/train_confirmation.py"


# Not in chunks: the example that is written down is chosen among all runs.
rule train_traced_gates:
    input:
        training(TRACED),
    output:
        **tables_of(TRACED),
    log:
        f"{LOGS}/gates/traces/{{experiment}}.log",
    benchmark:
        f"{COSTS}/gates/{{experiment}}/all.tsv"
    wildcard_constraints:
        experiment=any_of(TRACED),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        version=version_of(TRACED),
    script:
        "../scripts/trace_gates.py"


# What paper 1 leaves to the future. Jobs of the first train cells, a method at a width and a number
# of inputs; jobs of the second train runs, and try modulators on them.
CAPACITY, CANDIDATES = TRAININGS["capacity"], TRAININGS["library"]


rule train_capacity:
    input:
        training(CAPACITY),
    output:
        **{name: temp(path) for name, path in tables_of(CAPACITY, chunk=True).items()},
    log:
        f"{LOGS}/gates/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/gates/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment=any_of(CAPACITY),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        training=CAPACITY.name,
        version=version_of(CAPACITY),
    script:
        "../scripts/train_outlook.py"


use rule gather_gates as gather_capacity with:
    input:
        chunks_of(CAPACITY),
    output:
        **tables_of(CAPACITY),
    wildcard_constraints:
        experiment=any_of(CAPACITY),
    localrule: True


use rule train_capacity as train_library with:
    input:
        training(CANDIDATES),
    output:
        **{name: temp(path) for name, path in tables_of(CANDIDATES, chunk=True).items()},
    wildcard_constraints:
        experiment=any_of(CANDIDATES),
    params:
        training=CANDIDATES.name,
        version=version_of(CANDIDATES),


use rule gather_gates as gather_library with:
    input:
        chunks_of(CANDIDATES),
    output:
        **tables_of(CANDIDATES),
    wildcard_constraints:
        experiment=any_of(CANDIDATES),
    localrule: True
