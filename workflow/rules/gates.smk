"""Paper 1, sections 2 and 3: train the gates, gather the chunks of runs, analyse the tables."""

TRAINED, SWEPT, TRACED = versions.TABLES.values()
MAPPINGS = ["mapping_two_layers", "mapping_four_layers"]
SWITCHED = [name for name in settings.gates.experiments if name not in MAPPINGS]
LONGEST = ["pairs", "budget"]
# Where these end is what claims are about, and what alternatives would have made of it
PLACED = ["pairs", "periods_equal_cycles"]
PLACED += [
    name for name in alternatives.standing_in(LEDGER, PLACED) if name in SWITCHED
]
SWEEPS = f"{GATES}/sweeps"


wildcard_constraints:
    experiment="|".join(settings.gates.experiments),
    trace="|".join(settings.gates.traces),
    chunk=r"\d+-\d+",


rule tables:
    input:
        gate_tables(settings.gates.experiments, TRAINED),
        f"{GATES}/analysis/success.parquet",
        f"{GATES}/analysis/sweep.parquet",
        MNIST_TABLES,
        RNN_TABLES,


rule train_gates:
    output:
        **{
            t: temp(f"{GATES}/{{experiment}}/chunks/{{chunk}}/{t}.parquet")
            for t in TRAINED
        },
    log:
        f"{LOGS}/gates/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/gates/{{experiment}}/{{chunk}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        version=lambda wildcards: version_of_gates(wildcards.experiment),
    script:
        "../scripts/train_gates.py"


rule gather_gates:
    input:
        lambda wildcards: gate_tables(
            expand(
                "{experiment}/chunks/{chunk}",
                experiment=wildcards.experiment,
                chunk=settings.gates.chunks(wildcards.experiment),
            ),
            TRAINED,
        ),
    output:
        **{t: f"{GATES}/{{experiment}}/{t}.parquet" for t in TRAINED},
    log:
        f"{LOGS}/gates/{{experiment}}/gather.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        version=lambda wildcards: version_of_gates(wildcards.experiment),
    script:
        "../scripts/gather.py"


use rule train_gates as train_swept_gates with:
    output:
        **{
            t: temp(f"{SWEEPS}/{{experiment}}/chunks/{{chunk}}/{t}.parquet")
            for t in SWEPT
        },
    wildcard_constraints:
        experiment="|".join(settings.gates.sweeps),


use rule gather_gates as gather_swept_gates with:
    input:
        lambda wildcards: expand(
            f"{SWEEPS}/{wildcards.experiment}/chunks/{{chunk}}/{{table}}.parquet",
            chunk=settings.gates.chunks(wildcards.experiment),
            table=SWEPT,
        ),
    output:
        **{t: f"{SWEEPS}/{{experiment}}/{t}.parquet" for t in SWEPT},
    wildcard_constraints:
        experiment="|".join(settings.gates.sweeps),
    localrule: True


rule trace_gates:
    output:
        **{t: f"{GATES}/traces/{{trace}}/{t}.parquet" for t in TRACED},
    log:
        f"{LOGS}/gates/traces/{{trace}}.log",
    benchmark:
        f"{COSTS}/gates/traces/{{trace}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("gates"),
        runtime=run_time("gates"),
    params:
        version=lambda wildcards: version_of_gates(wildcards.trace),
    script:
        "../scripts/trace_gates.py"


rule map_gates:
    input:
        gate_tables(MAPPINGS, ["runs"]),
    output:
        **{
            t: f"{GATES}/analysis/{t}.parquet"
            for t in ("points", "components", "distances")
        },
    log:
        f"{LOGS}/gates/analysis/map.log",
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/map_gates.py"


rule map_neighbours:
    input:
        mapped=gate_tables(MAPPINGS, ["runs"]),
        switched=gate_tables(PLACED, ["runs"]),
        points=f"{GATES}/analysis/points.parquet",
    output:
        **{
            t: f"{GATES}/analysis/{t}.parquet"
            for t in ("neighbour_votes", "end_spacings", "end_distances")
        },
    log:
        f"{LOGS}/gates/analysis/neighbours.log",
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/map_neighbours.py"


rule rate_gates:
    input:
        runs=gate_tables(SWITCHED, ["runs"]),
        history=gate_tables(LONGEST, ["history"]),
    output:
        success=f"{GATES}/analysis/success.parquet",
        success_against_cycles=f"{GATES}/analysis/success_against_cycles.parquet",
    log:
        f"{LOGS}/gates/analysis/rates.log",
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/rate_gates.py"


rule rate_swept_gates:
    input:
        expand(
            f"{SWEEPS}/{{experiment}}/outcomes.parquet",
            experiment=settings.gates.sweeps,
        ),
    output:
        sweep=f"{GATES}/analysis/sweep.parquet",
    log:
        f"{LOGS}/gates/analysis/sweep.log",
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/rate_swept_gates.py"


rule project_traces:
    input:
        paths=gate_tables(
            [f"traces/{trace}" for trace in settings.gates.traces], ["example_path"]
        ),
        components=f"{GATES}/analysis/components.parquet",
    output:
        trajectory=f"{GATES}/analysis/trajectory.parquet",
    log:
        f"{LOGS}/gates/analysis/project.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        learning_rate=settings.gates.choice("mapping_two_layers", "learning_rate")[0],
    script:
        "../scripts/project_traces.py"
