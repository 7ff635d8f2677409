"""The page: what it holds, and what a reader can do with it in a browser, without a network."""

import csv
import io
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from neuroswitch import schemas
from neuroswitch.reporting import render
from neuroswitch.reporting.papers import PAPERS
from tests.report.browser import CHROMIUM, browser
from tests.report.invented import ROOT, TEXTS

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
CLAIM_COLUMN = "[...document.querySelectorAll('#verdict-table tbody tr:not([hidden]) th a')]"


@pytest.fixture(scope="module")
def text(results):
    before = os.getcwd()
    os.chdir(results.folder)
    try:
        return render.page(results.facts, TEXTS)
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def page(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(text, encoding="utf-8")
    with browser(folder / "profile") as opened:
        opened.resize(1200)
        opened.open(folder / "report.html")
        yield opened


def test_the_page_loads_no_other_file(text):
    for address in re.findall(r'(?: src="|url\()([^")]+)', text):
        assert address.startswith("data:"), address


def test_every_link_to_a_file_leads_to_one(results, text):
    here = Path("results/laptop/report")
    linked = set(re.findall(r' href="([^"#]+)"', text)) - {"data:,"}
    files = {address for address in linked if not address.startswith("https:")}
    paths = {os.path.normpath(here / address) for address in files}
    lost = [p for p in paths if not (results.folder / p).exists() and not (ROOT / p).exists()]
    assert lost == []
    assert {table.path for table in results.facts.tables} < paths
    assert {path for figure in results.facts.figures for path in figure.files} < paths
    assert {claim.code.path for claim in results.facts.claims} < paths
    assert linked - files == {a for paper in PAPERS.values() for a in paper.links.values()}


def test_every_link_leads_somewhere(text):
    names = set(re.findall(r'\bid="([^"]+)"', text))
    assert len(names) == len(re.findall(r'\bid="([^"]+)"', text)), "an id is used twice"
    assert set(re.findall(r'href="#([^"]+)"', text)) <= names


def test_text_from_tables_cannot_become_markup(results, text):
    hostile = results.facts.claims[0].__class__(
        **{**vars(results.facts.claims[0]), "statement": "<script>alert(1)</script>"}
    )
    content = results.facts.__class__(**{**vars(results.facts), "claims": [hostile]})
    before = os.getcwd()
    os.chdir(results.folder)
    try:
        shown = render.page(content, TEXTS)
    finally:
        os.chdir(before)
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown


@needs_chromium
def test_it_loads_without_network_and_without_a_complaint(page):
    assert page.ask("document.title") == "neuroswitch: verdicts at scale laptop"
    assert {url.split(":")[0] for url in page.requests} == {"file", "data"}
    assert [url for url in page.requests if url.startswith("file")] == [page.requests[0]]
    assert page.complaints == []


@needs_chromium
def test_a_click_on_a_claim_leads_to_its_figure_and_data(page):
    page.click("#verdict-table a.id[href='#claim-X1']")
    assert page.ask("document.getElementById('claim-X1').open")
    assert page.ask("document.activeElement.parentElement.id") == "claim-X1"
    shown = "document.querySelector('#claim-X1 img')"
    assert page.ask(f"{shown}.src === document.querySelector('#figure-modulators img').src")
    assert page.ask(f"{shown}.complete && {shown}.naturalWidth") == 60
    page.click("#claim-X1 a.path")
    opened = page.ask("location.hash.slice(1)")
    assert opened == "table-gates-modulators-runs"
    assert page.ask(f"document.getElementById('{opened}').open")
    assert page.ask(f"document.getElementById('{opened}').getBoundingClientRect().top") < 900
    page.click("#claim-X1 a.shot")
    assert page.ask("location.hash") == "#figure-modulators"


@needs_chromium
def test_the_tables_sort_both_ways(page):
    claims = f"{CLAIM_COLUMN}.map(a => a.textContent)"
    heading = "#verdict-table thead th:nth-child({}) button"
    page.click(heading.format(5))
    kinds = page.ask(
        "[...document.querySelectorAll('#verdict-table tbody tr')].map(tr => tr.dataset.outcome)"
    )
    assert list(dict.fromkeys(kinds)) == list(render.SYMBOLS), "best to worst"
    page.click(heading.format(1))
    assert page.ask(claims)[:3] == ["S1", "S2", "S3"], "as in the specification"
    page.click(heading.format(1))
    assert page.ask(claims)[:2] == ["X5", "X4"]
    page.click(heading.format(3))
    values = page.ask(
        "[...document.querySelectorAll('#verdict-table tbody td:nth-child(3)')]"
        ".map(td => td.dataset.sort)"
    )
    numbers = [float(value) for value in values if value != "nan"]
    assert numbers == sorted(numbers)
    assert set(values[len(numbers) :]) == {"nan"}, "what has no value comes last"
    assert page.ask("document.querySelectorAll('th[aria-sort]').length") == 1


@needs_chromium
def test_filters_show_what_they_say(page):
    shown = f"{CLAIM_COLUMN}.map(a => a.textContent)"
    everything = page.ask(shown)
    page.click("[data-filter='paper'][data-value='0']")
    assert set(page.ask(shown)) == {"X1", "X2", "X3", "X4", "X5"}
    page.click("[data-filter='outcome'][data-value='inconclusive']")
    chosen = page.ask(
        "[...document.querySelectorAll('#verdict-table tbody tr:not([hidden])')]"
        ".map(tr => tr.dataset.outcome + tr.dataset.paper)"
    )
    assert set(chosen) == {"inconclusive0"}
    rows = page.ask("document.querySelectorAll('#verdict-table tbody tr').length")
    said = page.ask("document.getElementById('shown').textContent")
    assert said == f"{len(chosen)} of {rows} verdicts"
    for button in ("[data-value='0']", "[data-value='inconclusive']"):
        page.click(f"[data-filter]{button}")
    assert page.ask(shown) == everything


def search(page, words):
    page.ask(
        f"(() => {{ const s = document.getElementById('search'); s.value = {words!r};"
        "s.dispatchEvent(new Event('input')) })()"
    )
    return page.ask("[...document.querySelectorAll('#found a')].map(a => a.hash)")


@needs_chromium
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("statement of CLAIM n7 that", "#claim-N7"),
        ("correction for many claims", "#method-5"),
        ("modulators runs.parquet", "#table-gates-modulators-runs"),
        ("which transformations switched", "#figure-modulators"),
        ("a36", "#ledger-A36"),
        ("openreview", "#summary-1"),
    ],
)
def test_the_search_finds_claims_method_tables_figures_and_the_ledger(page, words, wanted):
    found = search(page, words)
    assert found[0] == wanted
    assert page.ask("document.getElementById('hits').textContent") == f"{len(found)} found"
    page.ask("document.querySelector('#found a').click()")
    assert page.ask("location.hash") == wanted
    assert page.ask("document.getElementById('found').hidden")
    assert search(page, "nosuchword") == []
    assert page.ask("document.getElementById('found').textContent") == "Nothing is found."
    assert search(page, "") == []


@needs_chromium
def test_a_figure_is_enlarged_by_a_click_and_again_by_another(page):
    page.click("#figure-modulators a.zoom")
    width = "document.querySelector('#zoom img').getBoundingClientRect().width"
    assert page.ask("document.getElementById('zoom').open")
    before = page.ask(width)
    page.click("#zoom img")
    assert page.ask(width) == min(2 * before, 4 * 60)
    page.click("#zoom [data-by='0.8']")
    assert page.ask(width) < min(2 * before, 4 * 60)
    address = page.ask("document.querySelector('#zoom a').getAttribute('href')")
    assert address.endswith("/paper_figures/laptop/modulators.pdf")
    page.click("#close")
    assert not page.ask("document.getElementById('zoom').open")


def downloaded(page, folder, button, name):
    """Return the rows of the CSV file that a button downloads."""
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.ask(f"document.querySelector({button!r}).click()")
    for _ in range(100):
        if (folder / name).exists():
            return (folder / name).read_text(encoding="utf-8")
        page.ask("new Promise(done => setTimeout(done, 50))")
    raise AssertionError(f"{name} was not downloaded")


@needs_chromium
def test_the_csv_of_a_table_is_what_it_shows(results, page, tmp_path):
    text = downloaded(page, tmp_path, "#verdict-table .csv", "verdicts.csv")
    heading, *rows = csv.reader(io.StringIO(text))
    assert heading == ["Claim", "What was measured", "95 % interval", "n", "Outcome", "First round"]
    verdicts = [(claim, each) for claim in results.facts.claims for each in claim.verdicts]
    # Other tests may have sorted the page's rows
    assert sorted(row[0] for row in rows) == sorted(
        claim.id + each.variant.replace("none", "").replace("_", " ").replace(":", ", ")
        for claim, each in verdicts
    )
    outcomes = {row[0]: row[4].partition(" ↯")[0] for row in rows}
    assert outcomes["S1"] == results.facts.claims[0].verdicts[0].outcome
    assert {row[3] for row in rows} == {str(each.decisive["n"]) for _, each in verdicts}


@needs_chromium
def test_a_small_table_downloads_as_a_whole(results, page, tmp_path):
    path = "results/laptop/gates/pairs/success.parquet"
    button = "#table-gates-pairs-success .csv"
    text = downloaded(page, tmp_path, button, "gates-pairs-success.csv")
    stored = schemas.read(results.folder / path)
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), stored, check_dtype=False)


def test_a_large_table_is_linked_and_not_in_the_page(results, text, monkeypatch):
    monkeypatch.chdir(results.folder)
    table = results.facts.tables[0]
    assert render._csv(table)
    monkeypatch.setattr(render, "EMBEDDED", 10)
    assert render._csv(table) == ""


@needs_chromium
def test_from_an_outcome_to_the_code_that_decides_it_in_three_clicks(page):
    page.click("#verdict-table a.id[href='#claim-X1']")
    (criterion,) = page.ask(
        "[...document.querySelectorAll('#claim-X1 .key')]"
        ".filter(k => k.textContent === 'Supported if').map(k => k.parentElement.textContent)"
    )
    assert "the rate is above 50 %" in criterion
    page.click("#claim-X1 a.path[href^='#']")
    assert page.ask("location.hash") == "#table-gates-modulators-runs"
    code = page.ask("document.querySelector('#table-gates-modulators-runs p .path').href")
    assert code.endswith("/workflow/neuroswitch/gates/experiment.py")
    code = page.ask("document.querySelector('#claim-X1 pre').textContent")
    assert code.startswith('@declare.claim(\n    "X1",')


@needs_chromium
def test_without_scripts_every_table_shows_and_nothing_that_needs_them(text, tmp_path):
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    with browser(tmp_path / "profile") as plain:
        plain.call("Emulation.setScriptExecutionDisabled", value=True)
        plain.open(tmp_path / "report.html")
        seen = "[...document.querySelectorAll('{}')].filter(e => e.checkVisibility()).length"
        assert plain.ask(seen.format("#verdict-table tbody tr")) > 40
        tables = "#tables > details > summary"
        assert plain.ask(seen.format(tables)) == text.count('data-kind="table"') > 0
        assert plain.ask(seen.format(".scripts, .csv")) == 0


@needs_chromium
def test_the_matrix_marks_the_flips(results, page):
    flips = sum(row["flips"] for claim in results.facts.claims for row in claim.sensitivity)
    assert page.ask("document.querySelectorAll('.matrix td.flips').length") == flips > 0
    page.click("#only-flips")
    visible = "document.querySelectorAll('.matrix tbody tr:not([hidden])').length"
    assert page.ask(visible) == page.ask("document.querySelectorAll('.matrix [data-flips]').length")
    page.click("#only-flips")


@needs_chromium
@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_needs_no_sideways_scroll(page, dark):
    for width in (360, 390):
        page.resize(width)
        page.dark(dark)
        page.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.ask("document.documentElement.scrollWidth") == width
    # A wide matrix would widen the page by its hidden words, if they were not placed in its box.
    assert page.ask(
        "[...document.querySelectorAll('.scroll .hidden')]"
        ".every(e => e.offsetParent.closest('.scroll'))"
    )
    page.ask("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.resize(1200)


CONTRASTS = """(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    const colour = getComputedStyle(e).backgroundColor;
    return numbers(colour)[3] === 0 ? behind(e.parentElement) : numbers(colour);
  };
  const found = {};
  const selector = "p, td, th, .chip, .glyph, a, summary, dt, dd, code, .bar span";
  for (const e of document.querySelectorAll(selector)) {
    const pair = [light(numbers(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) found[e.tagName + "." + e.className] = ratio;
  }
  return found;
})()"""


@needs_chromium
@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_what_is_behind_it(page, dark):
    """WCAG AA: a contrast of 4.5 or more."""
    page.dark(dark)
    # A row under the mouse has another colour behind it
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=0, y=0)
    assert page.ask(CONTRASTS) == {}
