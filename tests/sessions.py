"""What the tests of rules share: run some rules over an archive, and see that none crashes."""

from __future__ import annotations

from pathlib import Path

from checker.results import CheckedArchive
from checker.session import Session


def checked_whole(session: Session, path: Path) -> CheckedArchive:
    """Check an archive; every rule and engine must come to its end."""
    checked = session.check(path)
    assert_whole(checked)
    return checked


def assert_whole(checked: CheckedArchive) -> None:
    """Every rule and engine came to its end."""
    assert [result.traceback for result in checked.results if result.traceback] == []
    assert checked.crashes == ()
    assert checked.problems == ()
