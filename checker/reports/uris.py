"""References to archives by which code scanning services find files of a repository."""

from __future__ import annotations

from urllib.parse import quote

from checker.checks.fingerprints import archive_name
from checker.model.untrusted import utf8
from checker.reports.printable import printable

_UNNAMED = "archive"
_STDIN = "-"


def relative_uri(path: str) -> str:
    """A path as a relative reference (RFC 3986), percent-encoded.

    A path in the working directory is relative to it. Other paths cannot be: services refuse
    references that leave the repository. They keep their names, as if they were below it.

    Args:
        path: The path, as the user specified it.
    """
    return "/".join(map(_encoded, _parts(path)))


def relative_path(path: str) -> str:
    """A path as one below the working directory, safe to show; see ``relative_uri``."""
    return "/".join(map(printable, _parts(path)))


def _parts(path: str) -> list[str]:
    if path == _STDIN:
        return ["stdin"]
    parts = archive_name(path).split("/")
    return [part for part in parts if part not in ("", ".", "..")] or [_UNNAMED]


def _encoded(part: str) -> str:
    return quote(utf8(part), safe="")
