"""Directories in which package managers keep files that they can download again.

Sources: the documentation of the package managers, on their caches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from checker import Entries
from checker.model.entries import DIRECTORY, REGULAR
from checker.records import NamedTuple

_REGULAR = ord(REGULAR)
# A layer with more entries is not searched completely: the files of a cache are then expected
# directly after the entry of its directory, where tools that walk directories write them.
_SMALL = 10_000


class Owner(NamedTuple):
    """The package manager that a cache belongs to.

    Attributes:
        tool: The package manager.
        fix: The Dockerfile instruction that empties the cache or does not fill it.
    """

    tool: str
    fix: str


_APT = Owner("apt", "RUN rm -rf /var/lib/apt/lists/* /var/cache/apt/*")
_APK = Owner("apk", "RUN apk add --no-cache PACKAGE")
_DNF = Owner("dnf", "RUN dnf clean all")
_PIP = Owner("pip", "RUN pip install --no-cache-dir PACKAGE")
_NPM = Owner("npm", "RUN npm cache clean --force")
_YARN = Owner("yarn", "RUN yarn cache clean")
_GO = Owner("go", "RUN go clean -cache -modcache")
_CARGO = Owner("cargo", "RUN --mount=type=cache,target=/usr/local/cargo/registry COMMAND")
_COMPOSER = Owner("composer", "RUN composer clear-cache")
_BUNDLER = Owner("bundler", "RUN rm -rf /usr/local/bundle/cache")
_CONDA = Owner("conda", "RUN conda clean --all --yes")
# By directory; a home directory is written as ~.
_DIRECTORIES: Mapping[str, Owner] = MappingProxyType(
    {
        **dict.fromkeys(("var/lib/apt/lists", "var/cache/apt"), _APT),
        **dict.fromkeys(("var/cache/apk", "etc/apk/cache", "lib/apk/cache"), _APK),
        **dict.fromkeys(("var/cache/dnf", "var/cache/libdnf5", "var/cache/yum"), _DNF),
        "var/cache/tdnf": Owner("tdnf", "RUN tdnf clean all"),
        "var/cache/zypp": Owner("zypper", "RUN zypper clean --all"),
        "var/cache/pacman/pkg": Owner("pacman", "RUN pacman -Scc --noconfirm"),
        **dict.fromkeys(("~/.cache/pip", "~/.cache/uv", "~/.cache/pypoetry"), _PIP),
        **dict.fromkeys(("~/.npm/_cacache", "~/.npm/_logs"), _NPM),
        **dict.fromkeys(("~/.cache/yarn", "~/.yarn/berry/cache"), _YARN),
        "usr/local/share/.cache/yarn": _YARN,
        **dict.fromkeys(("~/.cache/go-build", "~/go/pkg/mod/cache", "go/pkg/mod/cache"), _GO),
        **dict.fromkeys(("~/.cargo/registry", "usr/local/cargo/registry"), _CARGO),
        "~/.m2/repository": Owner("maven", "RUN --mount=type=cache,target=/root/.m2 COMMAND"),
        "~/.gradle/caches": Owner("gradle", "RUN --mount=type=cache,target=/root/.gradle COMMAND"),
        **dict.fromkeys(("~/.composer/cache", "~/.cache/composer"), _COMPOSER),
        **dict.fromkeys(("usr/local/bundle/cache", "~/.bundle/cache"), _BUNDLER),
        **dict.fromkeys(("opt/conda/pkgs", "opt/miniconda3/pkgs"), _CONDA),
        **dict.fromkeys(
            ("~/.cpan", "~/.cpanm"), Owner("cpan", "RUN rm -rf /root/.cpan /root/.cpanm")
        ),
        "~/.nuget/packages": Owner("nuget", "RUN dotnet nuget locals all --clear"),
    }
)
_HOMES = ("root/", "home/")
# A quick test of a path, which few pass.
_STARTS = (
    *("var/cache/", "var/lib/apt/", "root/.", "root/go/", "home/", "usr/local/share/.cache/"),
    *("usr/local/cargo/", "usr/local/bundle/", "opt/conda/", "opt/miniconda3/", "go/pkg/"),
    *("etc/apk/", "lib/apk/"),
)
# Files that remain when a cache is emptied.
_KEPT = frozenset({"lock", "partial"})


class Cache(NamedTuple):
    """A cache directory in one layer.

    Attributes:
        directory: Its path.
        owner: The package manager.
        positions: Positions of its non-empty files.
    """

    directory: str
    owner: Owner
    positions: tuple[int, ...]


def caches_in(entries: Entries) -> tuple[Cache, ...]:
    """The caches of a layer that contain files."""
    return entries.cached(_find_caches)


def _find_caches(entries: Entries) -> tuple[Cache, ...]:
    found: dict[str, list[int]] = {}
    # By the directory that a file is in.
    caches: dict[str, str | None] = {}
    for position in _candidates(entries):
        if entries.kinds[position] == _REGULAR and entries.sizes[position] > 0:
            directory, slash, name = entries.paths[position].rpartition("/")
            if directory not in caches:
                caches[directory] = _directory_around(directory + slash)
            cache = caches[directory]
            if cache is not None and name not in _KEPT:
                found.setdefault(cache, []).append(position)
    return tuple(
        Cache(directory, _DIRECTORIES[_from_home(directory)], tuple(positions))
        for directory, positions in found.items()
    )


def _candidates(entries: Entries) -> Iterable[int]:
    """Positions of the entries that may be in a cache."""
    if len(entries) > _SMALL:
        return _after_directories(entries)
    starts = tuple(f"{path}/" for path in entries.directories if _is_cache(path))
    if not entries.knows_all_directories:
        starts = _STARTS
    return [i for i, path in enumerate(entries.paths if starts else ()) if path.startswith(starts)]


def _is_cache(path: str) -> bool:
    return path.startswith(_STARTS) and _from_home(path) in _DIRECTORIES


def _after_directories(entries: Entries) -> Iterator[int]:
    paths = entries.paths
    for directory in entries.of_kind(DIRECTORY):
        path = paths[directory]
        if _is_cache(path):
            position = directory + 1
            while position < len(paths) and paths[position].startswith(f"{path}/"):
                yield position
                position += 1


def _directory_around(path: str) -> str | None:
    """The cache directory that contains a path."""
    plain = _from_home(path)
    for directory in _DIRECTORIES:
        if plain.startswith(directory) and plain[len(directory) : len(directory) + 1] == "/":
            return path[: len(path) - len(plain) + len(directory)]
    return None


def _from_home(path: str) -> str:
    """The path with a home directory written as ~."""
    if not path.startswith(_HOMES):
        return path
    home, _, rest = path.partition("/")
    return f"~/{rest if home == 'root' else rest.partition('/')[2]}"
