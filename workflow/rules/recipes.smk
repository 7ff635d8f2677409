"""How the rules read so far make their files, as plain data: see neuroswitch/recipes.py."""

from types import SimpleNamespace

from neuroswitch import recipes


def recipe(made, wildcards):
    """How a rule makes its files, as plain data; a job that trains has no input worth naming."""
    version = made.params.version
    basic = {
        "rule": made.rule.name,
        "version": version(SimpleNamespace(**wildcards)) if wildcards else version,
        "wildcards": wildcards,
        "inputs": [] if wildcards else [str(path) for path in made.input],
        "outputs": [str(path).format(**wildcards) for path in made.output],
    }
    if wildcards:
        return basic
    return basic | {
        "script": os.path.relpath(
            os.path.join(made.rule.basedir, made.rule.script), workflow.basedir
        ),
        "named_inputs": named(made.input),
        "named_outputs": named(made.output),
        "params": dict(made.params.items()),
    }


def named(files):
    """The files of a rule that have names."""
    return {
        name: str(each) if isinstance(each, str) else [str(path) for path in each]
        for name, each in files.items()
    }


def all_recipes():
    """How every lasting file is made, by the rules that have been read so far."""
    named = [getattr(rules, each.name) for each in workflow.rules]
    versioned = [each for each in named if "version" in dict(each.params.items())]
    fixed = [each for each in versioned if not each.rule.has_wildcards()]
    asking = [each for each in versioned if each.rule.has_wildcards()]
    read = {str(path) for each in (*fixed, rules.tables) for path in each.input}
    lasting = sorted(path for path in read if "chunks" not in Path(path).parts)
    found = [recipe(each, {}) for each in fixed]
    for each in asking:
        for path in lasting:
            matches = [recipes.wildcards_of(str(made), path) for made in each.output]
            found += [recipe(each, wildcards) for wildcards in matches if wildcards]
    found = {made["outputs"][0]: made for made in found}
    return [found[path] for path in sorted(found)]
