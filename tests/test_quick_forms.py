"""What is tested without regular expressions has the forms that these describe."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from checker import Check, Severity, parse_digest
from checker.checks.registry import Registry, RuleConflictError
from checker.model.leaks import leaks_of
from checker.model.names import InvalidReferenceError, check_reference, is_hex
from checker.reports.layout import wrap
from checker_engines.golang.time import time_error
from checker_schemas.formats import is_date_time


def changed(samples: list[str], alphabet: str) -> st.SearchStrategy[str]:
    """Samples of which some characters are replaced, left out or added."""
    change = st.tuples(st.integers(0, 99), st.integers(0, 2), st.sampled_from(alphabet))

    def apply(drawn: tuple[str, list[tuple[int, int, str]]]) -> str:
        text, changes = drawn
        for place, kept, character in changes:
            at = place % (len(text) + 1)
            text = text[:at] + character + text[at + kept :]
        return text

    return st.tuples(st.sampled_from(samples), st.lists(change, max_size=3)).map(apply)


HEX = "0123456789abcdef" * 4


@given(changed([HEX], "0a9fgAF²٣\n:"))
def test_hexadecimal_digits(text: str) -> None:
    assert is_hex(text, 64) == (re.fullmatch("[0-9a-f]{64}", text) is not None)


@given(changed([f"sha256:{HEX}", f"sha512:{HEX * 2}", "a+b:c=", "sha256:", ":"], "0fgA+:_=٣"))
def test_digests(text: str) -> None:
    lengths = {"sha256": 64, "sha384": 96, "sha512": 128}
    match = re.fullmatch(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)", text)
    is_digest = match is not None and (
        match[1] not in lengths
        or re.fullmatch(rf"[a-f0-9]{{{lengths[match[1]]}}}", match[2]) is not None
    )
    found = parse_digest(text)
    assert (found is not None) == is_digest
    assert found is None or str(found) == text


# The grammar as distribution/reference spells it.
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
REFERENCE = re.compile(
    rf"(?:((?:{PART}(?:\.{PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?)/)?{COMPONENT}(?:/{COMPONENT})*"
    r"(?::[\w][\w.-]{0,127})?",
    re.ASCII,
)


@given(
    changed(
        ["docker.io/library/a:1", "a.b-c:80/d__e/f--g:h", "[::1]:5/a/b", "a", "a/b.c_d"],
        "aA0./:_-[]é",
    )
)
def test_references(text: str) -> None:
    match = REFERENCE.fullmatch(text)
    try:
        domain = check_reference(text)
    except InvalidReferenceError:
        assert match is None
    else:
        assert match is not None
        assert domain == (match[1] or "")


@given(changed(["ABC123", "ABCDE123456", "ABCD1234"], "AZ09a-é٣²Ａ"))
def test_ids_of_rules(text: str) -> None:
    assert is_taken(text, "a-name") == (
        re.fullmatch(r"[A-Z]{3,5}[0-9]{3}(?:[0-9]{3})?", text) is not None
    )


@given(changed(["a-name", "x1", "a-b-c"], "az09-_AéÉ٣² "))
def test_names_of_rules(text: str) -> None:
    assert is_taken("ABC123", text) == (re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) is not None)


def is_taken(number: str, title: str) -> bool:
    class Rule(Check):
        """A rule."""

        id = number
        name = title
        severity = Severity.NOTE

    try:
        Registry().add(Rule, "tests")
    except RuleConflictError:
        return False
    return True


MOMENTS = [
    *("2026-11-29T16:54:53.739368488Z", "2024-02-29T00:00:00Z", "0001-12-31T23:59:59+23:59"),
    *("2026-06-30T10:10:10.0-05:30", "2026-02-28T1:02:03,5Z", "2026-11-29T24:00:60+24:60"),
]
MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]+)?"
    r"(?:Z|[-+]([0-9]{2}):([0-9]{2}))",
)


@given(changed(MOMENTS, "0123456789-:.,TZ+t ٣²"))
def test_times_of_go(text: str) -> None:
    match = MOMENT.fullmatch(text)
    assert (time_error(text) is None) == (match is not None and is_valid_in_go(match))


def is_valid_in_go(match: re.Match[str]) -> bool:
    year, month, day, hour, minute, second, hours, minutes = (
        int(each or 0) for each in match.groups()
    )
    is_time = hour <= 23 and minute <= 59 and second <= 59
    # Go has a year 0, which is a leap year as 2000.
    return is_time and hours <= 24 and minutes <= 60 and is_date(year or 2000, month, day)


def is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@given(changed(MOMENTS[:4], "0123456789-:.TZ+ ٣²"))
def test_usual_dates_and_times_of_json_schema(text: str) -> None:
    match = MOMENT.fullmatch(text)
    # Second 60 and what is not ASCII are the validator's.
    if match is None or "," in text or len(match[4]) == 1:
        assert not is_date_time(text) or "t" in text
    elif int(match[6]) <= 59:
        is_zone = int(match[7] or 0) <= 23 and int(match[8] or 0) <= 59
        is_time = int(match[4]) <= 23 and int(match[5]) <= 59 and is_zone
        is_day = int(match[1]) > 0 and is_date(*map(int, match.groups()[:3]))
        assert is_date_time(text) == (is_time and is_day)


@given(st.text("ab  `\u4e00", max_size=20), st.integers(1, 9))
def test_lines_are_broken_as_with_a_pattern(text: str, width: int) -> None:
    """What is between backticks is one word, which changes nothing where there are none."""
    words = re.findall(r"(?:`[^`]*`|[^ ])+", text)
    assert re.findall(r"(?:`[^`]*`|[^ ])+", " ".join(wrap(text, width))) == words


def test_options_without_a_secret_are_not_looked_at() -> None:
    value = "Xq7Zr2Lm9Tn4"
    for name in ("token", "DB-PASSWORD", "api-key", "apikey", "passphrase", "Client-Secret"):
        assert [leak.value for leak in leaks_of(f"run --{name} {value}")] == [value]
    assert list(leaks_of(f"run --verify-key {value}")) == []
