"""What structure tests take from Go does what Go does."""

from __future__ import annotations

import pytest

from checker.model.content import ContentPlan
from checker.model.limits import Limits
from checker.reading.tar.walker import TarWalker
from checker.testing.tar import Member, write_tar
from checker_policy.structure.go import expand, file_mode

VALUES = {
    "*": "all the args",
    "#": "NARGS",
    "$": "PID",
    "1": "ARGUMENT1",
    "HOME": "/usr/gopher",
    "H": "(Value of H)",
    "home_1": "/usr/foo",
}
# As in os/env_test.go of Go 1.24.
EXPANDED = [
    ("", ""),
    ("$*", "all the args"),
    ("$$", "PID"),
    ("${*}", "all the args"),
    ("$1", "ARGUMENT1"),
    ("${1}", "ARGUMENT1"),
    ("now is the time", "now is the time"),
    ("$HOME", "/usr/gopher"),
    ("$home_1", "/usr/foo"),
    ("${HOME}", "/usr/gopher"),
    ("${H}OME", "(Value of H)OME"),
    ("A$$$#$1$H$home_1*B", "APIDNARGSARGUMENT1(Value of H)/usr/foo*B"),
    ("start$+middle$^end$", "start$+middle$^end$"),
    ("mixed$|bag$$$", "mixed$|bagPID$"),
    ("$", "$"),
    ("$}", "$}"),
    ("${", ""),
    ("${}", ""),
    ("/$NOTHING/a", "//a"),
]
MODES = [
    (b"0", 0o644, "-rw-r--r--"),
    (b"5", 0o1777, "dtrwxrwxrwx"),
    (b"5", 0o2755, "dgrwxr-xr-x"),
    (b"2", 0o644, "Lrwxrwxrwx"),
    (b"3", 0o666, "Dcrw-rw-rw-"),
    (b"4", 0o660, "Drw-rw----"),
    (b"6", 0o600, "prw-------"),
    (b"0", 0o6755, "ugrwxr-xr-x"),
]


@pytest.mark.parametrize(("text", "expanded"), EXPANDED)
def test_expand(text: str, expanded: str) -> None:
    assert expand(text, VALUES) == expanded


@pytest.mark.parametrize(("kind", "mode", "text"), MODES)
def test_file_mode(kind: bytes, mode: int, text: str) -> None:
    walker = TarWalker(Limits(), ContentPlan())
    walker.feed(write_tar([Member("a", typeflag=kind, mode=mode)]))
    assert file_mode(walker.finish().entries[0]) == text


def test_a_directory_without_an_entry() -> None:
    assert file_mode(None) == "drwxr-xr-x"
