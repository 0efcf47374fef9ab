"""Paths with backslashes: written on Windows by a tool that did not convert them."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.archive import Archive
from checker.model.entries import Entries, clean_path


def respelled(archive: Archive, path: str) -> str | None:
    r"""The member that a path names if ``\`` and ``/`` are the same, as on Windows.

    Args:
        archive: The archive.
        path: A path at which it has no member.

    Returns:
        The name of the member; None if there is none either.
    """
    slashed = clean_path(path.replace("\\", "/"))
    entries = archive.entries
    if slashed != path and slashed in entries.by_path:
        return slashed
    return entries.cached(_with_slashes).get(slashed)


def hint(archive: Archive, path: str) -> str:
    """What to add to a message about a missing member, if there is one on Windows; else empty."""
    member = respelled(archive, path)
    if member is None:
        return ""
    other = "/" if "\\" in path else "\\"
    return f"; with {other} it is there ({member}): written on Windows"


def _with_slashes(entries: Entries) -> Mapping[str, str]:
    """The paths that contain backslashes, by the path that they are on Windows."""
    return {clean_path(path.replace("\\", "/")): path for path in entries.by_path if "\\" in path}
