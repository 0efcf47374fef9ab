"""Folders in which package managers keep what can be fetched again.

Sources: the documentation of the package managers, on their caches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from checker.model.entries import DIRECTORY, REGULAR, Entries

_REGULAR = ord(REGULAR)
# A layer with more entries is not looked through: the files of a cache are then looked for right
# behind the entry of its folder, where every tool that walks folders writes them.
_SMALL = 10_000

_APT = "rm -rf /var/lib/apt/lists/* /var/cache/apt/*"
_FOLDERS = (
    (r"var/lib/apt/lists", "apt", _APT),
    (r"var/cache/apt", "apt", _APT),
    (r"(?:var/cache|etc)/apk|lib/apk/cache", "apk", "apk add --no-cache"),
    (r"var/cache/(?:dnf|libdnf5|yum|tdnf|microdnf)", "dnf", "dnf clean all"),
    (r"var/cache/zypp", "zypper", "zypper clean --all"),
    (r"var/cache/pacman/pkg", "pacman", "pacman -Scc --noconfirm"),
    (r"HOME/\.cache/(?:pip|uv|pypoetry|pipenv)", "pip", "pip install --no-cache-dir"),
    (r"HOME/\.npm/(?:_cacache|_logs)", "npm", "npm cache clean --force"),
    (
        r"HOME/\.cache/yarn|HOME/\.yarn/(?:berry/)?cache|usr/local/share/\.cache/yarn",
        "yarn",
        "yarn cache clean",
    ),
    (r"HOME/\.cache/go-build|go/pkg/mod/cache|HOME/go/pkg/mod/cache", "go", "go clean -cache"),
    (r"(?:HOME/\.|usr/local/)cargo/registry", "cargo", "RUN --mount=type=cache"),
    (r"HOME/\.m2/repository", "maven", "RUN --mount=type=cache"),
    (r"HOME/\.gradle/caches", "gradle", "RUN --mount=type=cache"),
    (r"HOME/\.(?:composer/cache|cache/composer)", "composer", "composer clear-cache"),
    (r"usr/local/bundle/cache|HOME/\.bundle/cache", "bundler", "rm -rf /usr/local/bundle/cache"),
    (r"opt/(?:mini)?conda3?/pkgs", "conda", "conda clean --all --yes"),
    (r"HOME/\.cpanm?", "cpan", "rm -rf /root/.cpan /root/.cpanm"),
    (r"HOME/\.nuget/packages", "nuget", "dotnet nuget locals all --clear"),
)
_HOME = r"(?:root|home/[^/]+)"
# What stays where a cache was emptied, and what is no cache in its folder.
_KEPT = r"lock|partial/?|repositories|world|keys|arch|protected_paths\.d"


class Cache(NamedTuple):
    """A folder of a cache in one layer.

    Attributes:
        folder: Its path.
        tool: The package manager.
        fix: What empties it, or keeps it from being filled.
        positions: Positions of the files in it that have content.
    """

    folder: str
    tool: str
    fix: str
    positions: tuple[int, ...]


def caches_in(entries: Entries) -> Iterator[Cache]:
    """The caches of a layer that have files in them."""
    found: dict[str, list[int]] = {}
    for position in _candidates(entries):
        match = _file().match(entries.paths[position])
        if match is not None and entries.kinds[position] == _REGULAR and entries.sizes[position]:
            found.setdefault(match["folder"], []).append(position)
    for folder, positions in found.items():
        tool, fix = _owner(folder)
        yield Cache(folder, tool, fix, tuple(positions))


def _candidates(entries: Entries) -> Iterable[int]:
    """Positions of the entries that may lie in a cache."""
    if len(entries) <= _SMALL:
        match = _folder().match
        return [position for position, path in enumerate(entries.paths) if match(path)]
    return _behind_folders(entries)


def _behind_folders(entries: Entries) -> Iterator[int]:
    paths = entries.paths
    for folder in entries.of_kind(DIRECTORY):
        if _folder().fullmatch(paths[folder]):
            prefix = f"{paths[folder]}/"
            position = folder + 1
            while position < len(paths) and paths[position].startswith(prefix):
                yield position
                position += 1


def _owner(folder: str) -> tuple[str, str]:
    for pattern, tool, fix in _FOLDERS:
        if re.fullmatch(pattern.replace("HOME", _HOME), folder):
            return tool, fix
    raise LookupError(folder)


@cache
def _folder() -> re.Pattern[str]:
    return re.compile(_alternatives())


@cache
def _file() -> re.Pattern[str]:
    return re.compile(f"(?P<folder>{_alternatives()})/(?!(?:{_KEPT})(?:/|$))")


def _alternatives() -> str:
    patterns = "|".join(pattern for pattern, _, _ in _FOLDERS)
    return f"(?:{patterns.replace('HOME', _HOME)})"
