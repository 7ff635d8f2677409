"""What the rules share: the typed configuration, the folders, and what makes a file stale.

A file is stale when its version is not the one that its footer says it was made with, or when it
was made from tables with other contents (neuroswitch/footers.py). Times of files and Snakemake's
own records decide nothing, so that a clone, a copy and a folder that was worked in are alike:
rules/versions.smk asks every file.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Of the project, wherever this was started and whichever workflow takes it as its module.
ROOT = Path(workflow.current_basedir).parents[1]

# The library is found beside the rules, by this process and by the scripts of jobs, whatever
# environment they run in.
LIBRARY = str(ROOT / "workflow")
sys.path.insert(0, LIBRARY)
os.environ.update(PYTHONPATH=os.pathsep.join([LIBRARY, os.getenv("PYTHONPATH", "")]))

from neuroswitch import costs, ledger, versions
from neuroswitch import settings as typed
from neuroswitch.claims import alternatives, catalogue
from neuroswitch.errors import NeuroswitchError
from neuroswitch.source import content_version

try:
    typed.check_files(map(Path, workflow.configfiles))
    # A configuration brings only the keys in which it differs from the base.
    config.update(typed.merged(ROOT / "config/laptop.yaml", config))
    settings = typed.validate(config)
    LEDGER = ledger.load(ROOT / "config/ambiguities.yaml")
    ledger.check(LEDGER, settings)
    CLAIMS = catalogue.load(ROOT / "config/claims.yaml")
    RECORDED_COSTS = costs.read(ROOT / "config/costs.tsv")
except NeuroswitchError as failure:
    raise WorkflowError(str(failure)) from None

ENVIRONMENT = f"{ROOT}/envs/neuroswitch.yaml"
RESULTS = f"results/{settings.scale}"
FIGURES = f"paper_figures/{settings.scale}"
GATES = f"{RESULTS}/gates"
ANALYSIS = f"{GATES}/analysis"
LOGS = f"logs/{settings.scale}"
COSTS = f"{RESULTS}/costs"


def check_writable(folder):
    """Stop with one message where a folder of results cannot be written."""
    existing = next(p for p in (Path(folder), *Path(folder).parents) if p.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise WorkflowError(
            f"{existing} is not a folder that can be written, and {folder} belongs there; "
            "change its permissions, or run in a folder of your own"
        )


def nothing_from_the_future(folder):
    """Give files whose time is still to come the present one.

    Snakemake takes outputs of a job that are older than its inputs for those of a failed one.
    """
    for path in Path(folder).rglob("*"):
        try:
            if path.stat().st_mtime > time.time():
                os.utime(path)
        except FileNotFoundError:
            continue  # a temporary file of a job that runs
        except PermissionError:
            raise WorkflowError(
                f"{path} has a time in the future and belongs to somebody else, so nothing can be "
                "made from it; copy the folder, or correct the clock of this machine"
            ) from None


for folder in (RESULTS, FIGURES, LOGS):
    check_writable(folder)
if workflow.is_main_process:
    for folder in (RESULTS, FIGURES):
        nothing_from_the_future(folder)


def cost(section, wildcards):
    """What a training job is expected to take, from its size and from recorded benchmarks."""
    job = costs.job_of(settings, section, wildcards)
    size = costs.size_of(settings, job)
    known = costs.expected(RECORDED_COSTS, settings.scale, job, size)
    return known or costs.UNRECORDED


def memory(section):
    """The resource mem_mb of a training rule: more for larger jobs, and after a failure."""
    return lambda wildcards, attempt: costs.memory_mb(cost(section, wildcards), attempt)


def run_time(section):
    """The resource runtime of a training rule, in minutes; as `memory`."""
    return lambda wildcards, attempt: costs.minutes(cost(section, wildcards), attempt)


version_of_gates = partial(versions.of_gates, settings)
version_of_mnist = partial(versions.of_mnist, settings)
version_of_rnn = partial(versions.of_rnn, settings)
rnn_experiments = partial(versions.rnn_experiments, settings)
rnn_test_trials = partial(versions.rnn_test_trials, settings)


# What was there before a job is there after it, if the job fails.
outputflags:
    update,


def gate_tables(experiments, tables):
    """Paths of the tables of some gate experiments."""
    return expand(
        f"{GATES}/{{experiment}}/{{table}}.parquet",
        experiment=experiments,
        table=tables,
    )


def image(name):
    """Paths of a figure in every format; Snakemake's own report shows the SVG."""
    pdf, svg, png = (f"{FIGURES}/{name}.{kind}" for kind in ("pdf", "svg", "png"))
    caption = f"{ROOT}/workflow/report/{name}.rst"
    return [pdf, report(svg, caption=caption, category="Figures"), png]


def analysed(*tables):
    """Paths of analysis tables by name."""
    return {table: f"{ANALYSIS}/{table}.parquet" for table in tables}


MNIST = f"{RESULTS}/mnist"
MNIST_DATA = "data/mnist"
MNIST_TABLES = [
    *expand(
        f"{MNIST}/{{experiment}}/{{table}}.parquet",
        experiment=settings.mnist.experiments,
        table=versions.MNIST_TABLES,
    ),
    f"{MNIST}/analysis/accuracy.parquet",
]


RNN = f"{RESULTS}/rnn"
RNN_ANALYSIS = f"{RNN}/analysis"
RNN_ANALYSED = {
    "measure_wait_go": [
        "interval_losses",
        "timing_losses",
        "timing_references",
        "ramps",
        "timing_signals",
        "ablations",
        "theory_signals",
        "theory_fits",
    ],
    "multitask": ["task_scores", "task_encodings", "task_signals", "task_states"],
    "element_finder": [
        "finder_losses",
        "finder_encodings",
        "finder_signals",
        "finder_states",
    ],
}
RNN_STEP_TIMES = f"{COSTS}/rnn/step_times.parquet"
RNN_TABLES = [
    *expand(
        f"{RNN}/{{experiment}}/{{table}}.parquet",
        experiment=settings.rnn.experiments,
        table=versions.RNN_TABLES,
    ),
    *expand(
        f"{RNN_ANALYSIS}/{{table}}.parquet",
        table=["decay_errors", *sum(RNN_ANALYSED.values(), [])],
    ),
    RNN_STEP_TIMES,
]


def rnn_analysed(*tables):
    """Paths of analysis tables of the recurrent networks by name."""
    return {table: f"{RNN_ANALYSIS}/{table}.parquet" for table in tables}
