"""The page: what it holds, and what a reader can do with it in a browser, without a network."""

import os
import re

import pytest

from neuroswitch.reporting import render
from tests.report.browser import CHROMIUM, browser
from tests.report.invented import TEXTS

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


def test_the_page_refers_to_no_other_file(text):
    for address in re.findall(r'(?: (?:src|href)="|url\()([^")]+)', text):
        assert address.startswith(("#", "data:")), address


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
    assert page.ask(f"{shown}.complete && {shown}.naturalWidth") == render.PIXELS
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
def test_filters_and_search_show_what_they_say(page):
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
    page.ask(
        "(() => { const s = document.getElementById('search'); s.value = 'claim N7';"
        "s.dispatchEvent(new Event('input')) })()"
    )
    assert set(page.ask(shown)) == {"N7"}
    page.ask(
        "(() => { const s = document.getElementById('search'); s.value = '';"
        "s.dispatchEvent(new Event('input')) })()"
    )
    assert page.ask(shown) == everything


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
    page.resize(360)
    page.dark(dark)
    page.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.ask("document.documentElement.scrollWidth") == 360
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
    assert page.ask(CONTRASTS) == {}
