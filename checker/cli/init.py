"""The command ``init``."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Sequence

from checker.cli.targets import check_target
from checker.errors import SettingsError, UnreadableError
from checker.profiles import PROFILES
from checker.reading.search import SearchError, find_archives
from checker.records import NamedTuple
from checker.reports.output import write_file
from checker.reports.printable import printable
from checker.reports.wording import count_words, kind_words
from checker.results import CheckedArchive
from checker.session import Session
from checker.settings import Settings, read_settings
from checker.verdicts import Loadable

_MOST = 50
_LOAD, _IMPORT = "load", "import"
_TOP = """\
# Settings of `checker check`; `checker config` shows what is in force.
# All settings: docs/settings.md. The command line has precedence over this file.

# The settings to begin with:
{profiles}
profile = "default"

# What fails the run: "error", "warning", "note" or "never". Profiles may set it.
# fail-on = "warning"

# Rules that run, and rules that do not; `checker rules` lists them.
# select = ["ARC", "DKR", "OCI"]
# ignore = ["HYG003"]

# Engines that must accept the archives: "docker", "podman", "kubernetes", "all", or one of
# them such as "docker-28".
# engine = ["docker"]

# Reports: text on standard output, and files for other programs.
# format = ["text", "junit=report.xml", "json=report.json"]

# Known findings; written by `checker baseline write checker-baseline.json PATH...`.
# baseline = "checker-baseline.json"

# [severity]
# HYG012 = "error"

# [limits]
# entries = 100000

# Findings that are accepted, with the reason and the last day:
# [[waive]]
# rule = "HYG013"
# reason = "the registry adds the labels"
# until = 2030-12-31
"""


class _Found(NamedTuple):
    """An archive, and what a section says of it.

    Attributes:
        path: Its path.
        about: What it is, in words.
        action: The command that restores it; None if none does everywhere.
        why_none: Why no command restores it, in words; empty if one does.
    """

    path: str
    about: str
    action: str | None
    why_none: str = ""


def run_init(arguments: argparse.Namespace) -> int:
    """Write a settings file; the exit code.

    Raises:
        CheckerError: The file exists or cannot be written.
    """
    output = arguments.output
    if os.path.lexists(output) and not arguments.force:
        raise SettingsError(f"{output}: the file exists; --force replaces it")
    paths = arguments.paths or _archives_below(".")[:_MOST]
    check_target(output, "--output", paths, None)
    with Session(Settings(blocked=tuple(arguments.no_plugin))) as session:
        run = session.classify_all(paths, keep=CheckedArchive.without_content)
    found = [_found(checked) for checked in run.archives]
    try:
        write_file(output, _text(found).encode())
    except OSError as error:
        raise UnreadableError(output, f"cannot be written: {error.strerror or error}") from error
    if os.path.isfile(output):  # what goes into a pipe cannot be read again
        read_settings(output)
    print(printable(f"{output}: settings for {count_words(len(found), 'archive')}"))
    return 0


def _archives_below(directory: str) -> list[str]:
    """The archives, image layouts and root filesystems below a directory.

    Raises:
        SettingsError: There is too much to look at.
    """
    try:
        found = find_archives(directory).archives
    except SearchError as error:
        raise SettingsError(f"{error}; name the archives") from error
    return [os.path.normpath(path) for path in found]


def _found(checked: CheckedArchive) -> _Found:
    if checked.error is not None or checked.archive is None:
        return _Found(checked.path, f"cannot be read: {checked.error}", None, "it cannot be read")
    about = kind_words(checked.archive)
    if checked.is_loadable:
        return _Found(checked.path, about, _LOAD)
    if checked.is_importable:
        return _Found(checked.path, about, _IMPORT)
    if checked.loadable is Loadable.DEPENDS:
        return _Found(checked.path, about, None, "not every engine loads it")
    return _Found(checked.path, about, None, "neither docker load nor docker import restores it")


def _text(found: Sequence[_Found]) -> str:
    profiles = "\n".join(f"#   {name}: {one.summary}" for name, one in PROFILES.items())
    sections = "".join(f"\n{line}\n" for each in found for line in [_section(each)])
    return f"{_TOP.format(profiles=profiles)}{sections}"


def _section(found: _Found) -> str:
    return "\n".join(_section_lines(found))


def _section_lines(found: _Found) -> Iterable[str]:
    yield f"# {printable(found.about)}"
    yield "[[archive]]"
    yield f"path = {_quoted(_pattern(found.path))}"
    if found.action is None:
        yield f'# as = "load"  # {found.why_none}'
    else:
        yield f'as = "{found.action}"'


def _pattern(path: str) -> str:
    """A pattern that is the path alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _quoted(text: str) -> str:
    """A text as TOML writes it, with escapes for what is not visible."""
    shown = text.encode("utf-8", "backslashreplace").decode()
    return "".join(map(_escaped, json.dumps(shown, ensure_ascii=False)))


def _escaped(char: str) -> str:
    return char if printable(char) == char else f"\\U{ord(char):08x}"
