"""Small text files that people write and images contain: where they are and how they are named.

Rules look for secrets in them. What distributions and packages install is left out, since there is
much of it and it is the same for everybody: system directories, installed packages, documentation,
examples and tests. So are files whose names say that they are pictures, texts for people or data.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

LARGEST = 64 * 1024
"""Bytes of a file that is searched, at most."""
SMALLEST = 20
"""Bytes of a file that is searched, at least: no token is shorter."""
OTHERS = frozenset(
    {
        *("test", "tests", "testing", "testdata", "test-data", "__tests__", "spec", "specs"),
        *("fixtures", "example", "examples", "sample", "samples", "demo", "doc", "docs", "man"),
        *("node_modules", "vendor", "site-packages", "dist-packages", "gems", "mod", "registry"),
        *("bower_components", "third_party", "licenses"),
    }
)
"""Names of directories whose files do not come from the author of an image."""

SYSTEM = (
    *("usr", "var", "lib", "lib32", "lib64", "libx32", "bin", "sbin", "boot", "dev", "proc"),
    *("run", "sys", "nix", "gnu", "snap", "sysroot", "ostree", "blobs", "Files", "Hives"),
    *("UtilityVM", "lost+found"),
)
"""Directories of the system, and those of the parts of image archives and of Windows."""
APPLICATIONS = (
    *("usr/src/app", "usr/app", "usr/local/app", "usr/local/etc", "usr/share/nginx/html"),
    *("var/www", "var/app", "var/task", "var/opt", "run/secrets"),
)
"""Directories in them that applications are put into."""
_IN_SYSTEM = tuple(f"{name}/" for name in SYSTEM)
_IN_APPLICATIONS = tuple(f"{name}/" for name in APPLICATIONS)
_MORE_OTHERS = frozenset(
    {"locale", "locales", "i18n", "mocks", "__mocks__", "stubs", "__snapshots__", ".cache"}
)
_LEFT_OUT = OTHERS | _MORE_OTHERS
_EXTENSIONS = frozenset(
    {
        # Settings
        *("conf", "cfg", "cnf", "ini", "json", "json5", "yaml", "yml", "toml", "env", "xml"),
        *("properties", "config", "settings", "tf", "tfvars", "tfstate", "hcl", "service", "plist"),
        *("local", "production", "prod", "staging", "development", "dev"),
        *("list", "sources", "repo"),
        # Keys and what is left of other files
        *("pem", "key", "asc", "txt", "bak", "old", "orig", "backup", "save", "log"),
        # Scripts and sources
        *("sh", "bash", "zsh", "fish", "ps1", "bat", "cmd", "py", "js", "mjs", "cjs", "ts", "jsx"),
        *("tsx", "vue", "rb", "php", "pl", "go", "java", "kt", "cs", "scala", "groovy", "gradle"),
        *("rs", "lua", "ex", "exs", "swift", "sql", "ipynb", "http", "curl"),
    }
)


def is_searched(path: str) -> bool:
    """Whether a file of a root filesystem is searched for secrets, by its path alone."""
    directory, _, name = path.rpartition("/")
    return _is_place(directory) and _is_named_like_text(name)


def searched_by_size(sizes: Sequence[int]) -> list[int]:
    """The numbers of files that are searched, by their sizes in bytes alone."""
    return [number for number, size in enumerate(sizes) if SMALLEST <= size <= LARGEST]


def searched_by_path(paths: Sequence[str], numbers: Sequence[int]) -> list[int]:
    """Those of the numbers of some files that are searched by their paths."""
    # There are many of them, so that calls for each would take as long as the search.
    split = [(number, paths[number].rpartition("/")) for number in numbers]
    places = set(filter(_is_place, {parts[0] for _, parts in split}))
    if not places:
        return []
    return [
        number
        for number, (directory, _, name) in split
        if directory in places and _is_named_like_text(name)
    ]


def _is_named_like_text(name: str) -> bool:
    _, dot, extension = name.rpartition(".")
    # Names without an extension, such as Dockerfile, and hidden files, such as .bash_history.
    return not dot or name[0] == "." or extension.lower() in _EXTENSIONS


# Directories have many files.
@lru_cache(maxsize=4096)
def _is_place(directory: str) -> bool:
    """Whether files in a directory are searched."""
    path = f"{directory}/"
    if path.startswith(_IN_SYSTEM) and not path.startswith(_IN_APPLICATIONS):
        return False
    return _LEFT_OUT.isdisjoint(directory.split("/"))
