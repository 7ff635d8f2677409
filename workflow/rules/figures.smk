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


# On a cluster the head does these itself: they take seconds.
localrules:
    draw_figure2,
    draw_figure2_switching_rate,
    draw_figure2_interactive,
    draw_figure3,
    draw_figure4,
    draw_success_rates,
    draw_periods,
    draw_modulators,
    draw_sensitivity,
    draw_sensitivity_losses,
    draw_figure5,


rule figures:
    input:
        [
            image(name)
            for name in (
                "figure2",
                "figure2_switching_rate",
                "figure3",
                "figure4",
                "figure5",
                "success_rates",
                "periods",
                "modulators",
                "sensitivity",
                "sensitivity_losses",
                "measure_wait_go",
                "measure_wait_go_signals",
                "multitask",
                "element_finder",
                "overview",
            )
        ],
        f"{FIGURES}/figure2.html",


rule draw_figure2:
    input:
        **analysed("points", "components", "distances"),
    output:
        image("figure2"),
    log:
        f"{LOGS}/figures/figure2.log",
    conda:
        ENVIRONMENT
    params:
        figure="figure2",
        options={"learning_rate": MAPPING_RATES[0]},
        version=version_of_figure("figure2", "gates.geometry", experiments=MAPPINGS),
    script:
        "../scripts/draw.py"


use rule draw_figure2 as draw_figure2_switching_rate with:
    output:
        image("figure2_switching_rate"),
    log:
        f"{LOGS}/figures/figure2_switching_rate.log",
    params:
        figure="figure2",
        options={"learning_rate": MAPPING_RATES[-1]},
        version=version_of_figure("figure2", "gates.geometry", experiments=MAPPINGS),


rule draw_figure2_interactive:
    input:
        **analysed("points", "components"),
    output:
        f"{FIGURES}/figure2.html",
    log:
        f"{LOGS}/figures/figure2_interactive.log",
    conda:
        ENVIRONMENT
    params:
        options={"learning_rate": MAPPING_RATES[0]},
        version=version_of_figure(
            "figure2_interactive", "gates.geometry", experiments=MAPPINGS
        ),
    script:
        "../scripts/draw_page.py"


rule draw_figure3:
    input:
        **analysed("points", "components", "trajectory"),
        switched_epochs=f"{GATES}/traces/switched/example_epochs.parquet",
        history=f"{GATES}/periods_equal_cycles/history.parquet",
        unmodulated_history=f"{GATES}/unmodulated/history.parquet",
    output:
        image("figure3"),
    log:
        f"{LOGS}/figures/figure3.log",
    conda:
        ENVIRONMENT
    params:
        figure="figure3",
        options={
            "learning_rate": MAPPING_RATES[0],
            "primary": PRIMARY,
            "short": min(TRACED_PERIODS),
            "long": max(TRACED_PERIODS),
        },
        version=version_of_figure(
            "figure3",
            "gates.geometry",
            experiments=[
                *MAPPINGS,
                *settings.gates.traces,
                "periods_equal_cycles",
                "unmodulated",
            ],
        ),
    script:
        "../scripts/draw.py"


rule draw_figure4:
    input:
        **analysed(
            "points", "components", "trajectory", "success", "success_against_cycles"
        ),
        switched_epochs=f"{GATES}/traces/switched/example_epochs.parquet",
    output:
        image("figure4"),
    log:
        f"{LOGS}/figures/figure4.log",
    conda:
        ENVIRONMENT
    params:
        figure="figure4",
        options={"learning_rate": MAPPING_RATES[0], "primary": PRIMARY},
        version=version_of_figure(
            "figure4",
            "gates.geometry",
            "gates.rates",
            experiments=[*MAPPINGS, *settings.gates.traces, *SWITCHED],
        ),
    script:
        "../scripts/draw.py"


rule draw_success_rates:
    input:
        **analysed("success"),
    output:
        image("success_rates"),
    log:
        f"{LOGS}/figures/success_rates.log",
    conda:
        ENVIRONMENT
    params:
        figure="success_rates",
        options={},
        version=version_of_figure("success_rates", "gates.rates", experiments=SWITCHED),
    script:
        "../scripts/draw.py"


use rule draw_success_rates as draw_periods with:
    output:
        image("periods"),
    log:
        f"{LOGS}/figures/periods.log",
    params:
        figure="periods",
        options={},
        version=version_of_figure("periods", "gates.rates", experiments=SWITCHED),


use rule draw_success_rates as draw_modulators with:
    output:
        image("modulators"),
    log:
        f"{LOGS}/figures/modulators.log",
    params:
        figure="modulators",
        options={},
        version=version_of_figure("modulators", "gates.rates", experiments=SWITCHED),


rule draw_sensitivity:
    input:
        **analysed("sweep"),
    output:
        image("sensitivity"),
    log:
        f"{LOGS}/figures/sensitivity.log",
    conda:
        ENVIRONMENT
    params:
        figure="sensitivity",
        options={"primary": PRIMARY_CELL},
        version=version_of_figure(
            "sensitivity", "gates.rates", experiments=settings.gates.sweeps
        ),
    script:
        "../scripts/draw.py"


use rule draw_sensitivity as draw_sensitivity_losses with:
    output:
        image("sensitivity_losses"),
    log:
        f"{LOGS}/figures/sensitivity_losses.log",
    params:
        figure="sensitivity_losses",
        options={"primary": PRIMARY_CELL},
        version=version_of_figure(
            "sensitivity_losses", "gates.rates", experiments=settings.gates.sweeps
        ),


rule draw_figure5:
    input:
        accuracy=f"{MNIST}/analysis/accuracy.parquet",
        runs=f"{MNIST}/sizes/runs.parquet",
    output:
        image("figure5"),
    log:
        f"{LOGS}/figures/figure5.log",
    conda:
        ENVIRONMENT
    params:
        figure="figure5",
        options={},
        version=version_of_mnist_analysis("figures.figure5", "mnist.accuracy"),
    script:
        "../scripts/draw.py"


rule draw_measure_wait_go:
    input:
        **rnn_analysed(
            "timing_losses",
            "timing_references",
            "ramps",
        ),
    output:
        image("measure_wait_go"),
    log:
        f"{LOGS}/figures/measure_wait_go.log",
    conda:
        ENVIRONMENT
    params:
        figure="measure_wait_go",
        options={},
        version=version_of_rnn_analysis(
            "figures.measure_wait_go",
            "rnn.analysis.measure_wait_go",
            tasks=["measure_wait_go"],
        ),
    script:
        "../scripts/draw.py"


rule draw_measure_wait_go_signals:
    input:
        **rnn_analysed(
            "ramps",
            "timing_signals",
            "ablations",
            "theory_signals",
            "theory_fits",
            "decay_errors",
        ),
    output:
        image("measure_wait_go_signals"),
    log:
        f"{LOGS}/figures/measure_wait_go_signals.log",
    conda:
        ENVIRONMENT
    params:
        figure="measure_wait_go_signals",
        options={},
        version=version_of_rnn_analysis(
            "figures.measure_wait_go_signals",
            "rnn.analysis.measure_wait_go",
            tasks=["measure_wait_go"],
        ),
    script:
        "../scripts/draw.py"


rule draw_multitask:
    input:
        **rnn_analysed(*RNN_ANALYSED["multitask"]),
    output:
        image("multitask"),
    log:
        f"{LOGS}/figures/multitask.log",
    conda:
        ENVIRONMENT
    params:
        figure="multitask",
        options={},
        version=version_of_rnn_analysis(
            "figures.multitask",
            "rnn.analysis.multitask",
            tasks=["multitask"],
        ),
    script:
        "../scripts/draw.py"


rule draw_element_finder:
    input:
        **rnn_analysed(*RNN_ANALYSED["element_finder"]),
        losses=f"{RNN}/element_finder/losses.parquet",
    output:
        image("element_finder"),
    log:
        f"{LOGS}/figures/element_finder.log",
    conda:
        ENVIRONMENT
    params:
        figure="element_finder",
        options={},
        version=version_of_rnn_analysis(
            "figures.element_finder",
            "rnn.analysis.element_finder",
            tasks=["element_finder"],
        ),
    script:
        "../scripts/draw.py"


rule draw_overview:
    input:
        **rnn_analysed(
            "timing_losses",
            "timing_references",
            "task_scores",
            "finder_losses",
        ),
    output:
        image("overview"),
    log:
        f"{LOGS}/figures/overview.log",
    conda:
        ENVIRONMENT
    params:
        figure="overview",
        options={},
        version=version_of_rnn_analysis(
            "figures.overview",
            *[f"rnn.analysis.{task}" for task in RNN_ANALYSED],
            tasks=RNN_ANALYSED,
        ),
    script:
        "../scripts/draw.py"
