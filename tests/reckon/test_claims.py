"""Claims: five verdicts, each with its reason; and the field's own claims with the numbers checked by hand."""

from pathlib import Path

import pytest

from volant.core.errors import BadValue, NotFound
from volant.reckon import check, claims

FIELD = Path(__file__).parents[2] / "examples/claims.toml"

HEAD = '[[claim]]\nname = "one"\nsays = "words"\nsource = "somebody"\n'


def _one(tmp_path: Path, body: str) -> tuple[str, str]:
    path = tmp_path / "claims.toml"
    path.write_text(HEAD + body)
    finding = check(claims(path)[0])
    return finding.verdict, finding.why


def test_the_claims_of_the_field_get_their_verdicts() -> None:
    found = {claim.name: check(claim) for claim in claims(FIELD)}
    assert {name: finding.verdict for name, finding in found.items()} == {
        "fifteen-petabytes-a-year": "inconsistent",
        "parts-beyond-the-whole": "inconsistent",
        "ten-thousand-combinations": "unverifiable",
        "eight-hundred-fifty-terabytes": "contradicted",
        "eighty-percent": "contradicted",
        "one-for-fifty-of-the-time": "inconsistent",
        "one-for-fifty-of-operations": "unverifiable",
        "more-than-95-accepted": "undefined",
    }
    values = {name: finding.computed.value for name, finding in found.items() if finding.computed}
    assert values["fifteen-petabytes-a-year"] == pytest.approx(10_000 * 5 * 365 / 1e6)
    assert values["parts-beyond-the-whole"] == 3000
    assert values["ten-thousand-combinations"] == 10_000
    assert values["eighty-percent"] == pytest.approx(100 * 3288.8 / 8375.7)
    assert values["one-for-fifty-of-the-time"] == pytest.approx(2)
    also = {name: {key: q.value for key, q in (finding.also or {}).items()} for name, finding in found.items()}
    assert also["fifteen-petabytes-a-year"]["days_it_would_take"] == pytest.approx(300)
    assert also["one-for-fifty-of-the-time"]["at_work"] == pytest.approx(0.480, abs=5e-4)
    assert also["one-for-fifty-of-operations"]["at_work_if_slow"] == pytest.approx(0.967, abs=5e-4)
    assert also["one-for-fifty-of-operations"]["at_work_if_fast"] == pytest.approx(0.167, abs=5e-4)
    assert "x 19.4" in found["eight-hundred-fifty-terabytes"].why
    assert "39.266 percent is the most" in found["eighty-percent"].why
    assert "by which gate" in found["more-than-95-accepted"].why


@pytest.mark.parametrize(
    ("body", "verdict", "why"),
    [
        ('value = 15\nunit = ""\nformula = "1"', "undefined", "It has no unit: 15 of what?"),
        ('unit = "1"\nformula = "1"', "undefined", "states no number"),
        ('value = 15\nunit = "h"', "unverifiable", "Nothing says how"),
        (
            'value = 2\nunit = "day"\nformula = "a"\n[claim.said]\na = {value = 49, unit = "h"}',
            "confirmed",
            "2.04167 day follows",
        ),
        (
            'value = 2\nunit = "day"\nwithin = 0\nformula = "a"\n[claim.said]\na = {value = 49, unit = "h"}',
            "inconsistent",
            "its own numbers",
        ),
        (
            (
                'value = 2\nunit = "h"\nformula = "a"\n'
                '[claim.inputs]\na = {value = 3, low = 1, high = 5, unit = "h", how = "assumed", source = "a guess"}'
            ),
            "unverifiable",
            "the stated intervals do not decide",
        ),
        (
            (
                'value = 2\nunit = "h"\nrelation = ">="\nformula = "a"\n'
                '[claim.inputs]\na = {value = 3, low = 2.5, high = 5, unit = "h", how = "measured", source = "a log"}'
            ),
            "confirmed",
            ">= 2 h is claimed",
        ),
        (
            (
                'value = 2\nunit = "h"\nrelation = "<="\nbound = "most"\nformula = "a"\n[claim.said]\n'
                'a = {value = 1, unit = "h"}'
            ),
            "confirmed",
            "1 h is the most",
        ),
        (
            'value = 2\nunit = "h"\nbound = "least"\nformula = "a"\n[claim.said]\na = {value = 3, unit = "h"}',
            "inconsistent",
            "3 h is the least",
        ),
        (
            'value = 2\nunit = "h"\nformula = "a"\n[claim.inputs]\na = {missing = "nobody tells"}',
            "unverifiable",
            "a: nobody tells",
        ),
    ],
)
def test_each_verdict_says_why(tmp_path: Path, body: str, verdict: str, why: str) -> None:
    found, said = _one(tmp_path, body)
    assert (found, why in said) == (verdict, True), said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('value = 1\nunit = "parsec"\nformula = "1"', "Unknown unit 'parsec'"),
        ('value = 1\nunit = "h"\nformula = "a"', "needs 'a', which is not stated"),
        ('value = 1\nunit = "h"\nformula = "a"\n[claim.also]\na = "b"\nb = "a"', "run in a circle: a -> b -> a"),
        (
            (
                'value = 1\nunit = "USD"\nformula = "a + b"\n[claim.said]\n'
                'a = {value = 1, unit = "USD"}\nb = {value = 1, unit = "EUR"}'
            ),
            "Two currencies",
        ),
        ('value = 1\nunit = "h"\nformula = "a"\n[claim.inputs]\na = {value = 1, unit = "h"}', "how it is known"),
        (
            'value = 1\nunit = "h"\nformula = "a"\n[claim.inputs]\na = {value = 1, unit = "h", how = "cited"}',
            "names no source",
        ),
        ('value = 1\nunit = "h"\nformula = "a"\n[claim.said]\na = {value = 1, unit = ""}', "has no unit"),
        ('value = 1\nunit = "h"\nrelation = "~"', "relation '~'"),
        ('value = 1\nunit = "h"\nbound = "some"', "bound 'some'"),
        ('value = 1\nunit = "h"\nvalues = 2', "Did you mean 'value'"),
        ('value = "1"\nunit = "h"', "not a number"),
        ("value = 1\nunit = 3", "not a text"),
        ('value = 1\nunit = "h"\nwithin = 7', "allows a difference"),
        ('value = 1\nunit = "h"\n' + HEAD, "Two claims are called 'one'"),
        ("value = = 1", "is no TOML"),
    ],
)
def test_a_claim_that_is_badly_written_is_refused(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(BadValue) as refused:
        _one(tmp_path, body)
    assert said in str(refused.value)


def test_a_file_without_claims_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        claims(tmp_path / "none.toml")
    (tmp_path / "empty.toml").write_text('title = "nothing"')
    with pytest.raises(BadValue, match="holds no claim"):
        claims(tmp_path / "empty.toml")
