"""Train: a rule for each training that declares itself in the library, and one for its chunks."""

for declared in TRAININGS.values():
    if not GRAPH.experiments(declared):
        continue

    section, _ = declared.trained
    in_chunks = declared.arguments.get("chunks", True)
    job = "{chunk}" if in_chunks else costs.WHOLE

    rule:
        name:
            rule_of(declared)
        input:
            training(declared, FETCHED if section == "mnist" else ()),
        output:
            **{
                name: temp(path) if in_chunks else path
                for name, path in tables_of(declared, in_chunks).items()
            },
        log:
            f"{LOGS}/{section}/{{experiment}}/{job}.log",
        benchmark:
            f"{COSTS}/{section}/{{experiment}}/{job}.tsv"
        wildcard_constraints:
            experiment=any_of(declared),
        conda:
            ENVIRONMENT
        resources:
            mem_mb=memory(section),
            runtime=run_time(section),
        params:
            script=declared.arguments["script"],
            training=declared.name,
            version=version_of(declared),
            # Those of the whole are no input, because they are made from the chunks: a multiverse
            # keeps what they have, and trains the universes that they lack.
            tables=wholes_of(declared),
            checkpoint=f"{RESULTS}/{section}/{{experiment}}/chunks/{job}/checkpoint",
        script:
            "../scripts/{params.script}.py"

    if not in_chunks:
        continue

    rule:
        name:
            f"gather_{declared.name}"
        input:
            chunks_of(declared),
        output:
            **tables_of(declared),
        log:
            f"{LOGS}/{section}/{{experiment}}/gather.log",
        wildcard_constraints:
            experiment=any_of(declared),
        localrule: True
        conda:
            ENVIRONMENT
        script:
            "../scripts/gather.py"
