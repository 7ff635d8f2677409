"""What the rules share: the typed configuration, the folders, and what makes a file stale.

A file is stale when its version is not the one that its footer says it was made with, or when it
was made from tables with other contents (neuroswitch/footers.py). Snakemake still compares times,
but `asked` takes their effect away, so that a clone, a copy and a folder that was worked in are
alike: the input of every rule that has a script is what `asked` returns.
"""

import os
import sys
import time
from dataclasses import asdict
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Of the project, wherever this was started and whichever workflow takes it as its module.
ROOT = Path(workflow.current_basedir).parents[1]

# The library is found beside the rules, by this process and by the scripts of jobs, whatever
# environment they run in.
LIBRARY = str(ROOT / "workflow")
sys.path.insert(0, LIBRARY)
os.environ.update(PYTHONPATH=os.pathsep.join([LIBRARY, os.getenv("PYTHONPATH", "")]))

from neuroswitch import costs, footers, graph, index, versions
from neuroswitch import settings as typed
from neuroswitch.errors import NeuroswitchError
from neuroswitch.graph import patterns_of, rule_of
from neuroswitch.progress import duration
from neuroswitch.source import content_version

try:
    typed.check_files(map(Path, workflow.configfiles))
    # A configuration brings only the keys in which it differs from the base.
    config.update(typed.merged(ROOT / "config/laptop.yaml", config))
    settings = typed.validate(config)
    RECORDED_COSTS = costs.read(ROOT / "config/costs.tsv")
    GRAPH = graph.of(settings, ROOT)
    RECIPES = GRAPH.recipes
except NeuroswitchError as failure:
    raise WorkflowError(str(failure)) from None

TRAININGS = index.all_of("training")
ENVIRONMENT = f"{ROOT}/envs/neuroswitch.yaml"
RESULTS, FIGURES = GRAPH.results, GRAPH.figures
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


def recorded_cost(section, wildcards):
    """What a training job takes, from its size and recorded benchmarks; or None."""
    job = costs.job_of(settings, section, wildcards)
    size = costs.size_of(settings, job)
    return costs.expected(RECORDED_COSTS, settings.scale, job, size)


def cost(section, wildcards):
    """What a training job asks for."""
    return recorded_cost(section, wildcards) or costs.UNRECORDED


def recorded(jobs):
    """Rule and recorded seconds of the jobs that train, by their number."""
    sections = {
        rule_of(declared): declared.trained[0] for declared in TRAININGS.values()
    }
    found = (
        (job, recorded_cost(sections[job.rule.name], job.wildcards))
        for job in jobs
        if job.rule.name in sections
    )
    return {job.jobid: (job.rule.name, known.seconds) for job, known in found if known}


def memory(section):
    """The resource mem_mb of a training rule: more for larger jobs, and after a failure."""
    return lambda wildcards, attempt: costs.memory_mb(cost(section, wildcards), attempt)


def run_time(section):
    """The resource runtime of a training rule, in minutes; as `memory`."""
    return lambda wildcards, attempt: costs.minutes(cost(section, wildcards), attempt)


# What was there before a job is there after it, if the job fails.
outputflags:
    update,


def asked(rule_name, outputs, inputs, version, beside=()):
    """Return the inputs of a job, after its outputs were asked in their footers what made them.

    Outputs that are current: the inputs are marked `ancient`, by which Snakemake ignores how old
    they are, unless one of them will be made again; data that were fetched and are no longer there
    are not asked for, because fetching them again changes nothing. Outputs that are not current: the
    job is forced to run. Outputs that are missing: the inputs are returned as they are, because a
    job with ancient inputs would be left out of a run in which these inputs are made too.

    Parameters
    ----------
    beside : files that the job makes besides its outputs, which must be there too
    """
    there = are_there(outputs)
    why = why_again(
        rule_name,
        tuple(outputs),
        tuple(inputs),
        version,
        tuple(beside) if there else (),
    )
    if not there or why or changing(inputs):
        return list(inputs)
    return settled(inputs)


def settled(inputs):
    """Return the inputs of a job that need not run, such that none of them makes it run.

    What was fetched is asked for where it is there: a missing one would be fetched for other jobs,
    and make this one run.
    """
    return ancient(
        [path for path in inputs if path not in FETCHED or are_there([path])]
    )


def changing(paths):
    """Return whether one of some files will be made again, or is made from one that will."""
    return any(map(will_change, paths))


@cache
def will_change(path):
    recipe = RECIPES.get(path)
    if recipe is None:
        return False
    own = (recipe.rule, recipe.outputs, recipe.inputs, recipe.version, ())
    return bool(why_again(*own)) or changing(recipe.inputs)


def are_there(paths):
    return all(Path(path).exists() for path in paths)


@cache
def why_again(rule_name, outputs, inputs, version, beside):
    """Return why a job must run again, and force it to; an empty text if it need not."""
    lost = [path for path in beside if not Path(path).exists()]
    found = footers.why_again(outputs, inputs, version) or (
        f"{lost[0]} is missing" if lost else ""
    )
    if found:
        workflow.dag.forcefiles.update(outputs)
        if workflow.is_main_process:
            logger.info(f"{rule_name} will run again: {found}")
    return found


def reading(declared):
    """Return the input function of a rule that follows the recipes of something declared."""

    def files(wildcards):
        recipe = recipe_for(declared, wildcards)
        return asked(recipe.rule, recipe.outputs, recipe.inputs, recipe.version)

    return files


def recipe_of(declared):
    """Return a function of wildcards that gives a job's recipe as plain data."""
    return lambda wildcards: asdict(recipe_for(declared, wildcards))


def version_of(declared):
    """Return a function of wildcards that gives the version of a job's files."""
    return lambda wildcards: recipe_for(declared, wildcards).version


def recipe_for(declared, wildcards):
    return GRAPH.recipe_for(declared, getattr(wildcards, "experiment", ""))


def tables_of(declared, chunk=False):
    """Paths of the tables that training writes, by name; of a chunk, or of the whole.

    A name is what follows the folder of the experiment, such as `runs` or `pairs/runs`.
    """
    whole = {
        path.partition("{experiment}/")[2].removesuffix(".parquet"): path
        for path in patterns_of(declared, RESULTS, FIGURES)
    }
    if not chunk:
        return whole
    return {
        name: path.replace("{experiment}/", "{experiment}/chunks/{chunk}/")
        for name, path in whole.items()
    }


def wholes_of(declared):
    """Return a function of wildcards that gives the paths of whole tables, by name."""
    return lambda wildcards: {
        name: path.format(experiment=wildcards.experiment)
        for name, path in tables_of(declared).items()
    }


def training(declared, inputs=()):
    """Return the input function of a rule that trains chunks, or whole experiments.

    `inputs` are files that are needed besides the tables that training reads.
    """

    def files(wildcards):
        chunk = getattr(wildcards, "chunk", None)
        outputs = tuple(
            path.format(experiment=wildcards.experiment, chunk=chunk)
            for path in tables_of(declared, chunk is not None).values()
        )
        recipe = recipe_for(declared, wildcards)
        needed = [*inputs, *recipe.inputs]
        # A chunk is gone once it is gathered. While the whole tables are current, the times of what it
        # was made from mean nothing.
        whole = recipe.outputs
        if chunk is not None and are_there(whole) and not changing(whole):
            return settled(needed)
        return asked(rule_of(declared), outputs, needed, recipe.version)

    return files


def chunks_of(declared):
    """Return the input function of a rule that gathers the chunks of an experiment."""
    section, _ = declared.trained

    def files(wildcards):
        recipe = recipe_for(declared, wildcards)
        chunks = expand(
            list(tables_of(declared, chunk=True).values()),
            experiment=wildcards.experiment,
            chunk=getattr(settings, section).chunks(wildcards.experiment),
        )
        return asked(f"gather_{declared.name}", recipe.outputs, chunks, recipe.version)

    return files


def log_of(folder, declared):
    """Return the path of the logs of something declared."""
    whose = "_{experiment}" if declared.of_experiments else ""
    return f"{LOGS}/{folder}/{declared.name}{whose}.log"


def any_of(declared):
    """Return the experiments that a rule is for, as a regular expression for its wildcard."""
    return "|".join(GRAPH.experiments(declared))


def shown(path, name):
    """A figure's path; the SVG with its caption is what Snakemake's own report shows."""
    caption = ROOT / f"workflow/report/{name}.rst"
    if not path.endswith(".svg"):
        return path
    return report(
        path,
        category="Figures",
        **({"caption": str(caption)} if caption.exists() else {}),
    )
