"""Findings: prose whose numbers and verdicts are the stored ones, or an error."""

import pytest

from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import facts, findings
from tests.report import invented


@pytest.fixture(scope="module")
def numbers():
    return findings.Numbers(invented.verdicts(), invented.sensitivity())


def stored(claim, role="judged"):
    rows = invented.verdicts().query("claim == @claim and role == @role")
    return rows.to_dict("records")[0]


def test_numbers_are_those_of_the_tables(numbers):
    row = stored("S6")
    assert numbers.judged("S6", row["verdict"]) == facts.estimate(row) == "0.125 [0.075, 0.175]"
    assert numbers.cite("S6", row["verdict"]) == "S6"
    assert numbers.beside("S6", "the same, zero-shot") == facts.estimate(stored("S6", "beside"))


def test_a_sentence_under_another_verdict_is_an_error(numbers):
    for state in (numbers.judged, numbers.cite):
        with pytest.raises(
            NeuroswitchError, match=r"S6 is said to be 'calibrated', and its stored"
        ):
            state("S6", "calibrated")
    row = invented.sensitivity().query("claim == 'S1' and flips").to_dict("records")[0]
    assert numbers.under("S1", row["alternative"], row["verdict"]) == facts.estimate(row)
    with pytest.raises(NeuroswitchError, match=f"S1 under {row['alternative']} is said"):
        numbers.under("S1", row["alternative"], row["primary_verdict"])


def test_a_number_that_is_not_stored_is_an_error_that_names_the_near_match(numbers):
    with pytest.raises(NeuroswitchError, match="did you mean 'the same, zero-shot'"):
        numbers.beside("S6", "the same, zero shot")
    with pytest.raises(NeuroswitchError, match="did you mean 'A1-width-16'"):
        numbers.under("S1", "A1-width-61", "reproduced")
    with pytest.raises(NeuroswitchError, match="N4 has several variants: name one of as_published"):
        numbers.judged("N4", "reproduced")


def test_a_failure_names_the_text(results, tmp_path):
    folder = results.folder / "results/laptop/verdicts"
    text = tmp_path / "findings.md"
    for broken in ('{{ cite("S6", "calibrated") }}', "{{ cited }}", "{{ cite( }}"):
        text.write_text(broken, encoding="utf-8")
        with pytest.raises(NeuroswitchError, match=r"findings\.md: "):
            findings.render(text, folder / "verdicts.parquet", folder / "sensitivity.parquet")
