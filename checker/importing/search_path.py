"""The PATH that a distribution gives to its users, reduced to what its root has.

Sources: pam_env(8) for ``/etc/environment``, login.defs(5), and ``/etc/profile`` of Debian, Alpine,
Fedora and Arch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checker.importing.reads import ENVIRONMENT, LOGIN_DEFINITIONS, PROFILE
from checker.model.rootfs import Rootfs
from checker.records import NamedTuple

_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Distributions whose programs are elsewhere, by ID in os-release.
_BY_ID = {
    "nixos": "/run/current-system/sw/bin",
    "guix": "/run/current-system/profile/bin",
    "slackware": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
}
_VALUE = r"[\"']?(/[^\"'\s;$`]*)[\"']?\s*(?:;|$)"
_PATTERNS = {
    ENVIRONMENT: re.compile(rf"^\s*(?:export\s+)?PATH={_VALUE}", re.MULTILINE),
    PROFILE: re.compile(rf"^\s*(?:export\s+)?PATH={_VALUE}", re.MULTILINE),
    LOGIN_DEFINITIONS: re.compile(r"^\s*ENV_SUPATH\s+(?:PATH=)?(/\S*)", re.MULTILINE),
}
_MOST = 50


class SearchPath(NamedTuple):
    """A PATH: its directories, and where they are from, as a clause."""

    directories: tuple[str, ...]
    origin: str

    @property
    def value(self) -> str:
        """The value of the variable."""
        return ":".join(self.directories)


def find_search_path(rootfs: Rootfs, release: Mapping[str, str]) -> SearchPath | None:
    """The PATH to set for a root filesystem; None if it has none of the directories.

    Args:
        rootfs: The root filesystem.
        release: The values of its ``os-release``.
    """
    for value, origin in _candidates(rootfs, release):
        directories = _existing(rootfs, value)
        if directories:
            return SearchPath(directories, origin)
    return None


def _candidates(rootfs: Rootfs, release: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path, pattern in _PATTERNS.items():
        found = rootfs.resolve(path)
        content = None if found is None else rootfs.content(found)
        match = pattern.search((content or b"").decode("utf-8", "replace"))
        if match is not None:
            yield match[1], f"from /{path}"
    known = _BY_ID.get(release.get("ID", ""))
    if known is not None:
        yield known, f"as usual for {release['ID']}"
    yield _DEFAULT, "the usual directories that it has"


def _existing(rootfs: Rootfs, value: str) -> tuple[str, ...]:
    """The directories of a value that the root has, each once."""
    directories = dict.fromkeys(each.rstrip("/") for each in value.split(":", _MOST)[:_MOST])
    ends = {each: rootfs.follow(each) for each in directories if _is_absolute(each)}
    existing = rootfs.existing(end for end in ends.values() if end)
    return tuple(each for each, end in ends.items() if end in existing and _is_open(rootfs, end))


def _is_absolute(directory: str) -> bool:
    return directory.startswith("/") and directory.isprintable()


def _is_open(rootfs: Rootfs, path: str | None) -> bool:
    """Whether there is no file in the place of a directory, which need not have an entry."""
    found = None if path is None else rootfs.get(path)
    return found is None or found.entry.is_directory
