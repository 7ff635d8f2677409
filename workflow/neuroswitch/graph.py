"""Every file of a scale and how it is made, from the declarations and the configuration alone.

The rules of Snakemake, the report, `make plan`, `make figures` and `make verify` all read it here.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from neuroswitch import index, ledger, lookup, versions
from neuroswitch.claims import alternatives
from neuroswitch.declarations import EXPERIMENT, Declaration
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.ledger import Ambiguity
from neuroswitch.recipes import Recipe, by_output, experiment_of, section_of
from neuroswitch.settings import SECTIONS, Settings


def of(settings: Settings, folder: Path) -> "Graph":
    """Return the graph of a configuration.

    Parameters
    ----------
    folder : of the project, whose config/ holds the ledger

    Raises
    ------
    NeuroswitchError : the ledger is malformed, or it or a declaration names what the configuration
        does not have
    """
    entries = ledger.load(folder / "config/ambiguities.yaml")
    ledger.check(entries, settings)
    graph = Graph(settings, entries)
    graph.check()
    return graph


class Graph:
    """The recipes of a scale.

    Parameters
    ----------
    entries : of the ledger, under whose alternatives claims are judged again
    """

    def __init__(self, settings: Settings, entries: Sequence[Ambiguity] = ()) -> None:
        self.settings = settings
        self.results = f"results/{settings.scale}"
        self.figures = f"paper_figures/{settings.scale}"
        self._entries = entries
        self._built: dict[tuple[str, str, str], Recipe] = {}
        self._building: set[tuple[str, str, str]] = set()

    def check(self) -> None:
        """Compare what is declared of experiments with itself and with the configuration.

        Raises
        ------
        NeuroswitchError : a declaration reads tables that nothing makes or that are made of its
            own, is of experiments only in part, or names a key that the configuration does not have
        """
        kinds = ("training", "analysis", "figure")
        everything = [declared for kind in kinds for declared in index.all_of(kind).values()]
        for declared in everything:
            self._check_paths(declared)
        for declared in everything:
            self._check_origin(declared)
            for experiment in self.experiments(declared):
                self._options(declared, experiment)

    def _check_paths(self, declared: Declaration) -> None:
        """Raise where a path of experiments is in no section, or where nothing makes the table."""
        sections = SECTIONS
        for path in filter(_of_experiments, (*declared.paths, *declared.writes)):
            section = path.partition("/")[0]
            if section not in sections:
                raise NeuroswitchError(
                    f"{declared} names {path}, and experiments are of the section "
                    f"{', '.join(sections)}; {nearest(section, sections)}"
                )
            if path not in self._makers:
                made = filter(_of_experiments, self._makers)
                raise NeuroswitchError(
                    f"{declared} reads {path}, which nothing makes; {nearest(path, made)}"
                )
        if declared.kind == "analysis":
            for table in declared.writes:
                if _of_experiments(table) != declared.of_experiments:
                    raise NeuroswitchError(
                        f"{declared} writes {table}; an analysis that reads a table of "
                        f"{EXPERIMENT} writes tables of {EXPERIMENT}, and no other one does"
                    )

    def _check_origin(self, declared: Declaration) -> None:
        """Raise where the experiments that something is made for follow from its own tables."""
        met = [declared]
        while met[-1].kind != "training" and met[-1].of_experiments:
            met.append(self._makers[_first_of_experiments(met[-1])])
            if met[-1] in met[:-1]:
                raise _circular(met[-1])

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """Return the recipe of every lasting file that is wanted of this scale, report aside."""
        wanted = [*self.trained, *self.summaries, *self.drawn, self.judgement]
        needed = [path for recipe in wanted for path in recipe.inputs]
        found = by_output(wanted)
        while needed:
            recipe = self.recipe(needed.pop())
            if recipe.outputs[0] not in found:
                found |= by_output([recipe])
                needed += recipe.inputs
        return dict(sorted(found.items()))

    @cached_property
    def trained(self) -> list[Recipe]:
        """Return the recipes that train, of every experiment of the configuration."""
        return [
            self.recipe_for(declared, experiment)
            for declared in index.all_of("training").values()
            for experiment in self.experiments(declared)
        ]

    @cached_property
    def summaries(self) -> list[Recipe]:
        """Return the recipes of analyses that every experiment gets, whoever reads them."""
        return [
            self.recipe_for(declared, experiment)
            for declared in index.all_of("analysis").values()
            if declared.arguments.get("always")
            for experiment in self.experiments(declared)
        ]

    @cached_property
    def drawn(self) -> list[Recipe]:
        """Return the recipes of all figures: once, or for each experiment that asks for one."""
        drawn = [
            self.recipe_for(declared, experiment)
            for declared in index.all_of("figure").values()
            for experiment in self.experiments(declared)
        ]
        found = {(section_of(recipe.inputs[0]), recipe.experiment) for recipe in drawn}
        for (section, name), figure in self.settings.asking.items():
            if (section, name) not in found:
                raise NeuroswitchError(
                    f"{section}: {name} asks for the figure {figure!r}, which is drawn of "
                    "experiments of another section or group; take the key `figure` away"
                )
        return drawn

    @cached_property
    def judgement(self) -> Recipe:
        """Return the recipe of the verdicts."""
        (declared,) = index.all_of("judgement").values()
        claims = index.all_of("claim").values()
        read = [path for claim in claims for path in claim.paths]
        tables = alternatives.tables(read, self._entries, self.settings.experiments)
        inputs = tuple(f"{self.results}/{table}.parquet" for table in tables)
        outputs = tuple(f"{self.results}/{table}.parquet" for table in declared.writes)
        options = {"root_seed": self.settings.seed}
        return Recipe(
            rule="judge",
            version=versions.of_job(
                "judge",
                *sorted({claim.where.module for claim in claims}),
                writes=declared.writes,
                reads=[self.recipe(path).version for path in inputs],
                ledger=[entry.model_dump(mode="json") for entry in self._entries],
                claims=[[claim.name, dict(claim.arguments)] for claim in claims],
                options=options,
            ),
            outputs=outputs,
            inputs=inputs,
            options=options,
        )

    def recipe(self, path: str) -> Recipe:
        """Return how a table is made.

        Raises
        ------
        NeuroswitchError : nothing makes it
        """
        table = path.removeprefix(f"{self.results}/").removesuffix(".parquet")
        for pattern, declared in self._makers.items():
            experiment = experiment_of(pattern, table)
            if experiment is not None and experiment in self.experiments(declared):
                return self.recipe_for(declared, experiment)
        raise NeuroswitchError(
            f"nothing makes {path}: no declaration writes such a table, or the configuration has "
            "no such experiment"
        )

    def experiments(self, declared: Declaration) -> list[str]:
        """Return the experiments that something is made for; one without name where it is for all.

        A figure is drawn for those that ask for it, an analysis made for those of the tables that
        it reads.
        """
        if declared.kind == "training":
            section, group = declared.trained
            return list(getattr(getattr(self.settings, section), group))
        if not declared.of_experiments:
            return [""]
        read = _first_of_experiments(declared)
        section = getattr(self.settings, read.split("/")[0])
        of = {"figure": declared.name} if declared.kind == "figure" else {}
        of |= declared.arguments.get("of") or {}
        return [
            name
            for name in self.experiments(self._makers[read])
            if all(
                lookup.value(section.experiment(name), key, f"{declared} chooses by {key}") == value
                for key, value in of.items()
            )
        ]

    def recipe_for(self, declared: Declaration, experiment: str) -> Recipe:
        """Return the recipe of what is declared, for an experiment or for none."""
        key = (declared.kind, declared.name, experiment)
        if key not in self._built:
            if key in self._building:
                raise _circular(declared)
            self._building.add(key)
            build = self._training if declared.kind == "training" else self._followed
            self._built[key] = build(declared, experiment)
        return self._built[key]

    @cached_property
    def _makers(self) -> dict[str, Declaration]:
        """Return what makes each table, by its path below the folder of results."""
        return makers()

    def _training(self, declared: Declaration, experiment: str) -> Recipe:
        section, _ = declared.trained
        reads, inputs = self._reads(declared, experiment)
        return Recipe(
            rule=rule_of(declared),
            version=versions.of_training(
                declared,
                getattr(self.settings, section),
                self.settings.seed,
                experiment,
                [self.recipe(path).version for path in inputs],
            ),
            outputs=tuple(self._files(declared, experiment)),
            inputs=inputs,
            experiment=experiment,
            reads=reads,
        )

    def _followed(self, declared: Declaration, experiment: str) -> Recipe:
        reads, inputs = self._reads(declared, experiment)
        options = self._options(declared, experiment)
        if experiment:
            options["experiment"] = experiment
        return Recipe(
            rule=rule_of(declared),
            version=versions.of_job(
                "draw" if declared.kind == "figure" else "analyse",
                declared.where.module,
                writes=declared.writes,
                reads=[self.recipe(path).version for path in inputs],
                call=[declared.where.name, {name: list(paths) for name, paths in reads.items()}],
                options={name: _content(value) for name, value in options.items()},
            ),
            outputs=tuple(self._files(declared, experiment)),
            inputs=inputs,
            experiment=experiment,
            reads=reads,
            function=(declared.where.module, declared.where.name),
            options={name: _named(value) for name, value in options.items()},
        )

    def _reads(
        self, declared: Declaration, experiment: str
    ) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        """Return the files that are read, by name, and each of them once."""
        reads = {
            name: tuple(
                f"{self.results}/{path.replace(EXPERIMENT, experiment)}.parquet" for path in paths
            )
            for name, paths in declared.reads.items()
        }
        return reads, tuple(dict.fromkeys(path for paths in reads.values() for path in paths))

    def _files(self, declared: Declaration, experiment: str) -> Iterator[str]:
        for pattern in patterns_of(declared, self.results, self.figures):
            yield pattern.replace(EXPERIMENT, experiment)

    def _options(self, declared: Declaration, experiment: str) -> dict[str, Any]:
        """Return the settings that are asked for, by name."""
        return {
            name: lookup.setting(
                self.settings,
                # Where there is no experiment, it stays and is refused as the name of none.
                place.replace(EXPERIMENT, experiment or EXPERIMENT),
                f"{declared} asks for the setting {place}",
            )
            for name, place in (declared.arguments.get("settings") or {}).items()
        }


def _of_experiments(path: str) -> bool:
    return EXPERIMENT in path


def _first_of_experiments(declared: Declaration) -> str:
    """Return the path whose experiments something is made for."""
    return next(filter(_of_experiments, declared.paths))


def _circular(declared: Declaration) -> NeuroswitchError:
    return NeuroswitchError(
        f"{declared} reads what is made of its own tables; read those that it is made of"
    )


def patterns_of(declared: Declaration, results: str, figures: str) -> list[str]:
    """Return the paths of what is declared, with `{experiment}` where it has that."""
    if declared.kind == "figure":
        name = f"{figures}/{declared.name}" + (f"_{EXPERIMENT}" if declared.of_experiments else "")
        kinds = ["html"] if declared.arguments.get("page") else ["pdf", "svg", "png"]
        return [f"{name}.{kind}" for kind in kinds]
    return [f"{results}/{table}.parquet" for table in declared.writes]


def rule_of(declared: Declaration) -> str:
    """Return the name of the rule of what is declared."""
    verb = {"training": "train", "analysis": "analyse", "figure": "draw"}[declared.kind]
    return f"{verb}_{declared.name}"


def makers() -> dict[str, Declaration]:
    """Return what makes each table, by its path below the folder of results.

    Raises
    ------
    NeuroswitchError : two declarations write one table
    """
    found: dict[str, Declaration] = {}
    for declared in (*index.all_of("training").values(), *index.all_of("analysis").values()):
        for table in declared.writes:
            other = found.setdefault(table, declared)
            if other is not declared:
                raise NeuroswitchError(
                    f"{other.where} and {declared.where} both write the table {table}; "
                    "choose another name for one of the two"
                )
    return found


def _content(value: Any) -> Any:
    """Return what depends on a value: of a file its content, whatever its name."""
    return versions.of_file(value) if isinstance(value, Path) else value


def _named(value: Any) -> Any:
    """Return a value as plain data: of a file its path."""
    return str(value) if isinstance(value, Path) else value
