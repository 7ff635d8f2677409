"""Draw: tables to figures. Nothing here trains, and no figure imports an experiment."""

MAPPING_RATES = settings.gates.choice("mapping_two_layers", "learning_rate")
PRIMARY = settings.gates.primary.period[0]
PRIMARY_CELL = {
    "family": settings.gates.primary.modulator[0].family,
    "scale": settings.gates.primary.modulator[0].scale,
    **{
        choice: getattr(settings.gates.primary, choice)[0]
        for choice in ("width", "learning_rate", "loss", "batch")
    },
}
TRACED_PERIODS = settings.gates.choice("switched", "period")
SWITCHED_EPOCHS = f"{GATES}/traces/switched/example_epochs.parquet"

# Name -> its tables by the name that its module knows them by, and the options of the module.
# The module has the figure's name, where no other is given.
DRAWN = {
    "figure2": {
        "tables": analysed("points", "components", "distances"),
        "options": {"learning_rate": MAPPING_RATES[0]},
    },
    "figure2_switching_rate": {
        "module": "figure2",
        "tables": analysed("points", "components", "distances"),
        "options": {"learning_rate": MAPPING_RATES[-1]},
    },
    "figure3": {
        "tables": {
            **analysed("points", "components", "trajectory"),
            "switched_epochs": SWITCHED_EPOCHS,
            "history": f"{GATES}/periods_equal_cycles/history.parquet",
            "unmodulated_history": f"{GATES}/unmodulated/history.parquet",
        },
        "options": {
            "learning_rate": MAPPING_RATES[0],
            "primary": PRIMARY,
            "short": min(TRACED_PERIODS),
            "long": max(TRACED_PERIODS),
        },
    },
    "figure4": {
        "tables": {
            **analysed(
                "points",
                "components",
                "trajectory",
                "success",
                "success_against_cycles",
            ),
            "switched_epochs": SWITCHED_EPOCHS,
        },
        "options": {"learning_rate": MAPPING_RATES[0], "primary": PRIMARY},
    },
    "figure5": {
        "tables": {
            "accuracy": f"{MNIST}/analysis/accuracy.parquet",
            "runs": f"{MNIST}/sizes/runs.parquet",
        },
    },
    "success_rates": {"tables": analysed("success")},
    "periods": {"tables": analysed("success")},
    "modulators": {"tables": analysed("success")},
    "sensitivity": {
        "tables": analysed("sweep"),
        "options": {"primary": PRIMARY_CELL},
    },
    "sensitivity_losses": {
        "tables": analysed("sweep"),
        "options": {"primary": PRIMARY_CELL},
    },
    "measure_wait_go": {
        "tables": rnn_analysed("timing_losses", "timing_references", "ramps"),
    },
    "measure_wait_go_signals": {
        "tables": rnn_analysed(
            "ramps",
            "timing_signals",
            "ablations",
            "theory_signals",
            "theory_fits",
            "decay_errors",
        ),
    },
    "multitask": {"tables": rnn_analysed(*RNN_ANALYSED["multitask"])},
    "element_finder": {
        "tables": {
            **rnn_analysed(*RNN_ANALYSED["element_finder"]),
            "losses": f"{RNN}/element_finder/losses.parquet",
        },
    },
    "overview": {
        "tables": rnn_analysed(
            "timing_losses",
            "timing_references",
            "task_scores",
            "finder_losses",
        ),
    },
}


rule figures:
    input:
        [image(name) for name in DRAWN],
        f"{FIGURES}/figure2.html",


for name, figure in DRAWN.items():

    rule:
        name:
            f"draw_{name}"
        input:
            **figure["tables"],
        output:
            image(name),
        log:
            f"{LOGS}/figures/{name}.log",
        localrule: True
        conda:
            ENVIRONMENT
        params:
            module=f"figures.{figure.get('module', name)}",
            options=figure.get("options", {}),
        script:
            "../scripts/draw.py"


rule draw_figure2_interactive:
    input:
        **analysed("points", "components"),
    output:
        f"{FIGURES}/figure2.html",
    log:
        f"{LOGS}/figures/figure2_interactive.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        options={"learning_rate": MAPPING_RATES[0]},
    script:
        "../scripts/draw_page.py"
