"""Declarations are found however Python lets them be written; what cannot be read is said."""

import pytest

import neuroswitch
from neuroswitch import index
from neuroswitch.errors import NeuroswitchError
from neuroswitch.statistics import FEWEST

GATE = "\ndef IMPLIES(a, b):\n    return a <= b\n"

FIGURE = "\ndef draw(tables): ...\n"


@pytest.fixture(autouse=True)
def _no_extension_stays(extend):
    """What a test declares is forgotten after it."""


@pytest.fixture
def named(tmp_path):
    """Return what writes a file of a user's and names it as an extension."""

    def written(text):
        file = tmp_path / "mine.py"
        file.write_text(text, encoding="utf-8")
        index.extend([file])

    return written


@pytest.mark.parametrize(
    "source",
    [
        "from neuroswitch import declare as say\n@say.gate",
        "from neuroswitch.declare import gate\n@gate",
        "from neuroswitch.declare import gate as logic\n@logic",
        "import neuroswitch.declare as declare\n@declare.gate",
        "import neuroswitch.declare\n@neuroswitch.declare.gate",
        "import neuroswitch as ns\n@ns.declare.gate",
    ],
)
def test_a_decorator_is_found_by_whatever_name_it_is_imported(named, source):
    named(source + GATE)
    assert index.get("gate", "IMPLIES").load()(1, 0) is False


@pytest.mark.parametrize("imported", ["import neuroswitch.schemas.gates", "import neuroswitch"])
def test_a_schema_is_named_by_the_package_that_it_lies_in(named, imported):
    named(
        f"from neuroswitch import declare\n{imported}\n"
        '@declare.analysis("own", writes={"gates/own": neuroswitch.schemas.gates.SUCCESS})\n'
        "def own(): ...\n"
    )
    (schema,) = index.get("analysis", "own").writes.values()
    assert str(schema) == "neuroswitch.schemas.gates.SUCCESS"


@pytest.mark.parametrize("misspelt", ["gates.SUCCES", "gatez.SUCCESS"])
def test_a_schema_that_does_not_exist_is_said(named, misspelt):
    named(
        "from neuroswitch import declare\nimport neuroswitch.schemas\n"
        f'@declare.analysis("own", writes={{"gates/own": neuroswitch.schemas.{misspelt}}})\n'
        "def own(): ...\n"
    )
    (schema,) = index.get("analysis", "own").writes.values()
    with pytest.raises(NeuroswitchError, match=f"names neuroswitch.schemas.{misspelt}: .*correct"):
        schema.load()


@pytest.mark.parametrize("source", ["READS: dict =", "READS ="])
def test_an_argument_is_a_name_that_is_assigned_with_or_without_an_annotation(named, source):
    named(
        f"from neuroswitch import declare\n{source} "
        '{"success": ("gates/pairs/success", "gates/budget/success")}\n'
        f'@declare.figure(name="own", reads=READS){FIGURE}'
    )
    assert index.get("figure", "own").paths == ["gates/pairs/success", "gates/budget/success"]


def test_a_constant_is_found_through_a_module_that_imports_it(named):
    named(
        "from neuroswitch import declare\nfrom neuroswitch.claims.statistics import FEWEST\n"
        '@declare.claim("E1", statement="", criterion="", reads={}, thresholds={"few": FEWEST})'
        + FIGURE
    )
    assert index.get("claim", "E1").arguments["thresholds"] == {"few": FEWEST}


@pytest.mark.parametrize(
    "source",
    [
        GATE,
        f"@gate{GATE}",
        "from neuroswitch import declare\nif True:\n    @declare.gate\n    def X(a, b): ...\n",
    ],
)
def test_a_file_that_is_named_and_declares_nothing_is_an_error(named, source):
    with pytest.raises(NeuroswitchError, match=r"mine.py declares nothing; .*`@declare.gate`"):
        named(source)


def test_a_folder_may_hold_files_that_only_others_import(tmp_path, extend):
    extend(
        tmp_path / "own",
        helper="LIMIT = 1\n",
        mine=f"from neuroswitch import declare\n@declare.gate{GATE}",
    )
    assert "IMPLIES" in neuroswitch.names("gate")


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        (f"@declare.gat{GATE}", r"mine.py, line 2: .* no decorator 'gat'; did you mean 'gate'\?"),
        (f"@declare.gate(){GATE}", "line 2: @declare.gate stands without parentheses"),
        (f"@declare.figure{FIGURE}", "line 2: @declare.figure lacks name, reads;"),
        (f'@declare.figure("own"){FIGURE}', "line 2: @declare.figure lacks reads;"),
        (f'@declare.figure("own", reads={{}}){FIGURE}', "the figure 'own' reads no table"),
        (
            f'@declare.figure("own", read={{"a": "gates/pairs/runs"}}){FIGURE}',
            r"takes no argument 'read'; did you mean 'reads'\?",
        ),
        (f'@declare.figure(1, reads={{"a": "gates/a"}}){FIGURE}', "begins with a name"),
        (
            f'@declare.figure("own", reads=["gates/pairs/runs"]){FIGURE}',
            "the figure 'own' has no dictionary as `reads`",
        ),
        (f'@declare.figure("own", reads={{"a": 1}}){FIGURE}', "reads what is no path of a table"),
        (f'@declare.task("own", "other"){FIGURE}', "a declaration is read without being run"),
        (
            f'@declare.figure("own", reads={{**COMMON, "a": "gates/pairs/runs"}}){FIGURE}',
            "a declaration is read without being run",
        ),
        (
            "HALF = 1 / 2\n"
            '@declare.claim("E1", statement="", criterion="", reads={}, thresholds={"half": HALF})'
            + FIGURE,
            "the claim 'E1' has in `thresholds` the name .*mine.HALF, which is computed",
        ),
        (
            f'@declare.claim("E1", statement="", reads={{"a": "gates/pairs/runs"}}){FIGURE}',
            "@declare.claim lacks criterion;",
        ),
        *(
            (
                f'@declare.claim("{name}", statement="", criterion="", reads={{}}){FIGURE}',
                f"the claim '{name}' is not called by a capital letter and a number",
            )
            for name in ("early", "e1", "E", "EX1", "E1b")
        ),
        (
            '@declare.analysis("own", writes={"gates/a/runs": None, "gates/b/runs": None})'
            + FIGURE,
            "the analysis 'own' writes two tables that are called 'runs'",
        ),
        (
            f'@declare.analysis("own", writes={{"gates/own": "SUCCESS"}}){FIGURE}',
            "the analysis 'own' gives gates/own no schema; in `writes`, name one",
        ),
    ],
)
def test_a_declaration_that_its_decorator_does_not_take_is_said(named, declared, fault):
    with pytest.raises(NeuroswitchError, match=fault):
        named(f"from neuroswitch import declare\n{declared}")
