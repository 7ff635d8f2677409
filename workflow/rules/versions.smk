"""The version of every file, and how each is made, from what the rules say; read after them all.

A rule with wildcards trains, and names its version itself. Of any other the version follows from
its script, its parameters, the columns of its tables and the versions of its inputs.
"""

from functools import cache
from types import SimpleNamespace

from neuroswitch import footers, recipes

MADE_BY = {
    str(path): made
    for made in (getattr(rules, each.name) for each in workflow.rules)
    for path in made.output
    if not made.rule.has_wildcards()
}
TRAINING = [
    made
    for made in (getattr(rules, each.name) for each in workflow.rules)
    if "version" in dict(made.rule.params.items())
]


@cache
def files_of(name):
    """The files that a rule without wildcards reads."""
    return tuple(str(path) for path in getattr(rules, name).input)


@cache
def version_of_rule(name):
    """The version of the files of a rule without wildcards."""
    made = getattr(rules, name)
    params = dict(made.rule.params.items())
    return versions.of_job(
        Path(made.rule.script).stem,
        *([params["module"]] if "module" in params else []),
        writes=[str(path) for path in made.output],
        reads=[version_of_file(path) for path in files_of(name)],
        params=params,
    )


def version_of_file(path):
    """The version of a file, by the rule that makes it, or of its content where none does."""
    if path in MADE_BY:
        return version_of_rule(MADE_BY[path].rule.name)
    for made in TRAINING:
        for pattern in made.output:
            wildcards = recipes.wildcards_of(str(pattern), path)
            if wildcards is not None:
                return version_of_job(made, wildcards)
    return versions.of_file(ROOT / path)


def version_of_job(made, wildcards):
    """The version that a rule gives the files of a job."""
    version = made.rule.params.version
    return version(SimpleNamespace(**wildcards)) if callable(version) else version


def outputs_of(made, wildcards):
    """The files that a job of a rule makes."""
    return [str(path).format(**wildcards) for path in made.output]


def recipe(made, wildcards):
    """How a rule makes its files, as plain data; a job that trains has no input worth naming."""
    basic = {
        "rule": made.rule.name,
        "version": version_of_job(made, wildcards),
        "wildcards": dict(wildcards),
        "inputs": [] if wildcards else list(files_of(made.rule.name)),
        "outputs": outputs_of(made, wildcards),
    }
    if wildcards:
        return basic
    return basic | {
        "script": f"workflow/scripts/{Path(made.rule.script).name}",
        "named_inputs": named(made.input),
        "named_outputs": named(made.output),
        "params": dict(made.rule.params.items()),
    }


def named(files):
    """The files of a rule that have names."""
    return {
        name: str(each) if isinstance(each, str) else [str(path) for path in each]
        for name, each in files.items()
    }


def ask_before(made):
    """Let footers decide whether a rule makes its files again, and times of files nothing.

    The inputs of a job whose files are there and current are ancient. Those of any other are not:
    Snakemake would leave it out where it also runs the job that they come from.
    """

    inputs = () if made.rule.has_wildcards() else files_of(made.rule.name)
    beside = made.rule.params.get("beside", [])

    def is_there(wildcards):
        return all(Path(path).exists() for path in outputs_of(made, wildcards))

    @cache
    def why(*wildcards):
        outputs = outputs_of(made, dict(wildcards))
        # Where the outputs are missing too, Snakemake decides whether they are wanted.
        wanted = beside if is_there(dict(wildcards)) else []
        lost = [path for path in wanted if not Path(path).exists()]
        version = version_of_job(made, dict(wildcards))
        found = footers.why_again(outputs, inputs, version) or (
            f"{lost[0]} is missing" if lost else ""
        )
        if found:
            workflow.dag.forcefiles.update(outputs)
            if workflow.is_main_process:
                logger.info(f"{made.rule.name} will run again: {found}")
        return found

    def reading(item):
        def files(wildcards):
            paths = item(wildcards) if callable(item) else item
            paths = (
                str(paths) if isinstance(paths, str) else [str(path) for path in paths]
            )
            current = is_there(wildcards) and not why(*wildcards.items())
            return ancient(paths) if current else paths

        return files

    def no_file(wildcards):
        why(*wildcards.items())
        return []

    items = list(made.rule.input._allitems())
    made.rule._input = type(made.rule.input)()
    for name, item in items:
        if name is None:
            made.rule.set_input(reading(item))
        else:
            made.rule.set_input(**{name: reading(item)})
    made.rule.set_input(no_file)


def all_recipes():
    """How every lasting file is made, by the rules that have been read so far."""
    fixed = {made.rule.name: made for made in MADE_BY.values()}.values()
    read = {
        path for made in (*fixed, rules.tables) for path in files_of(made.rule.name)
    }
    lasting = sorted(path for path in read if "chunks" not in Path(path).parts)
    found = [recipe(made, {}) for made in fixed]
    for made in TRAINING:
        for path in lasting:
            matches = [recipes.wildcards_of(str(each), path) for each in made.output]
            found += [recipe(made, wildcards) for wildcards in matches if wildcards]
    found = {made["outputs"][0]: made for made in found}
    return [found[path] for path in sorted(found)]


# All versions first: a version is no parameter that another one depends on.
for name, version in {
    made.rule.name: version_of_rule(made.rule.name) for made in MADE_BY.values()
}.items():
    getattr(rules, name).rule.set_params(version=version)

RECIPES = all_recipes()

for made in {made.rule.name: made for made in (*MADE_BY.values(), *TRAINING)}.values():
    ask_before(made)
