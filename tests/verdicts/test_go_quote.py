r"""Texts as Go's strconv.Quote prints them (Go 1.26); a byte that is not UTF-8 is a surrogate."""

from __future__ import annotations

import pytest

from checker_engines.golang.fmt import quote

QUOTED = {
    "\0": r"\x00",
    "\x1f": r"\x1f",
    " ": " ",
    "\x7f": r"\x7f",
    "\x80": r"\u0080",
    "\xad": r"\u00ad",
    "\u0378": r"\u0378",
    "\u2028": r"\u2028",
    "\ufeff": r"\ufeff",
    "\uffff": r"\uffff",
    "\U00010000": "\U00010000",
    "\U000fffff": r"\U000fffff",
    "\U0010ffff": r"\U0010ffff",
    "\xe9": "\xe9",
    "\U0001f600": "\U0001f600",
    "\udcff": r"\xff",
    "\udc80a": r"\x80a",
    "\a\b\f\n\r\t\v": r"\a\b\f\n\r\t\v",
    '"\\': r"\"\\",
    "'": "'",
}


@pytest.mark.parametrize("text", QUOTED, ids=ascii)
def test_quoted(text: str) -> None:
    assert quote(text) == f'"{QUOTED[text]}"'
