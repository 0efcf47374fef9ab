"""What tests share that check archives: the plugins, and that no rule or engine crashes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from checker.plugins import LoadedPlugins, load_plugins
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import SettingsSource


@cache
def installed() -> LoadedPlugins:
    """The installed plugins, which are looked for and loaded once."""
    return load_plugins()


def new_session(settings: SettingsSource | None = None) -> Session:
    """A session with the installed plugins.

    Args:
        settings: The settings, or the path of a file with them; the defaults if None. They do not
            leave out plugins.
    """
    return Session(settings, plugins=installed())


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
