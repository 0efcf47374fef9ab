"""The databases of package managers: dpkg, apk and rpm."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec

from checker import ContentRequest, Rootfs
from checker.records import NamedTuple
from checker_policy.children import ChildError, in_child
from checker_policy.looked_up import Found, find_path
from checker_policy.patterns import EXTRA

_RPM_WORK = "checker_policy.rpm_work"
_RPM_EXTRA = "pip install 'archive-checker[rpm]'"
_DPKG = "var/lib/dpkg/status"
_DPKG_PARTS = "var/lib/dpkg/status.d"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_RPM = tuple(
    f"{directory}/{name}"
    for directory in ("var/lib/rpm", "usr/lib/sysimage/rpm")
    for name in ("rpmdb.sqlite", "Packages.db", "Packages")
)
_LARGEST = 256 << 20
READS = (
    ContentRequest(
        paths=frozenset({_DPKG, *_APK, *_RPM}), below=frozenset({_DPKG_PARTS}), limit=_LARGEST
    ),
)
"""The files of the databases."""


class Package(NamedTuple):
    """An installed package: its name and its version, as the package manager writes it."""

    name: str
    version: str


class Installed(NamedTuple):
    """What is installed.

    Attributes:
        packages: The packages of all databases.
        databases: The paths of the databases.
        problems: Why a database could not be read, one line each.
    """

    packages: tuple[Package, ...]
    databases: tuple[str, ...]
    problems: tuple[str, ...]


class DatabaseError(ValueError):
    """A database that cannot be read; the text says why."""


def installed(rootfs: Rootfs) -> Installed:
    """What is installed in a root filesystem, by the databases in it."""
    packages: list[Package] = []
    databases: list[str] = []
    problems: list[str] = []
    for path, found, read in _databases(rootfs):
        databases.append(path)
        try:
            packages += read(_content(rootfs, found))
        except DatabaseError as error:
            problems.append(f"/{path} could not be read: {error}")
    return Installed(tuple(packages), tuple(databases), tuple(problems))


_Read = Callable[[bytes], tuple[Package, ...]]


def _databases(rootfs: Rootfs) -> Iterator[tuple[str, Found, _Read]]:
    seen: set[str] = set()
    readers = ((_DPKG, _dpkg), *((path, _apk) for path in _APK), *((path, _rpm) for path in _RPM))
    for path, read in readers:
        found = find_path(rootfs, path, follow=True)
        if found is not None and found.placed is not None and found.placed.path not in seen:
            seen.add(found.placed.path)
            yield path, found, read
    for placed in rootfs.below(_DPKG_PARTS):
        if placed.entry.is_file and not placed.path.endswith(".md5sums"):
            yield placed.path, Found(placed.path, placed), _dpkg


def _content(rootfs: Rootfs, found: Found) -> bytes:
    """The content of a database.

    Raises:
        DatabaseError: It was not kept as a whole.
    """
    file = None if found.placed is None else rootfs.file_of(found.placed)
    kept = None if found.placed is None else rootfs.content(found.placed)
    if file is None or kept is None:
        raise DatabaseError("its content was not read")
    if len(kept) < file.entry.size:
        raise DatabaseError("it is larger than the limit content allows")
    return kept


@lru_cache(maxsize=4)
def _dpkg(content: bytes) -> tuple[Package, ...]:
    """The packages of dpkg that are installed (dpkg(1), deb822(5)).

    Raises:
        DatabaseError: The library is not installed, or the file is none of dpkg.
    """
    try:
        from debian.deb822 import Deb822
    except ImportError:
        raise DatabaseError(f"it needs the library python-debian: {EXTRA}") from None
    try:
        # As text: of bytes that are not UTF-8 the library guesses the encoding, and logs that.
        text = content.decode("utf-8", "replace")
        found = Deb822.iter_paragraphs(text, use_apt_pkg=False)
        return tuple(
            Package(str(each["Package"]), str(each.get("Version", "")))
            for each in found
            # Files in status.d, as distroless images have them, have no status.
            if "Package" in each
            and str(each.get("Status", "installed")).split()[-1:] == ["installed"]
        )
    except (ValueError, EOFError) as error:
        raise DatabaseError(f"it is not a file of dpkg: {error}") from error


@lru_cache(maxsize=4)
def _apk(content: bytes) -> tuple[Package, ...]:
    """The packages of apk (apk-tools, doc/apk-v2.5 "installed"): fields of one letter."""
    packages: list[Package] = []
    name = version = ""
    for line in (*content.decode("utf-8", "replace").split("\n"), ""):
        if line.startswith("P:"):
            name = line[2:]
        elif line.startswith("V:"):
            version = line[2:]
        elif not line and name:
            packages.append(Package(name, version))
            name = version = ""
    return tuple(packages)


@lru_cache(maxsize=4)
def _rpm(content: bytes) -> tuple[Package, ...]:
    """The packages of rpm, whose database is one of SQLite, ndb or Berkeley DB.

    Raises:
        DatabaseError: The library is not installed, or the file is none of rpm.
    """
    if find_spec("pyrpmdb") is None:
        raise DatabaseError(f"it needs the library pyrpmdb: {_RPM_EXTRA}")
    try:
        # The library opens a file; it is not where the image has one.
        with tempfile.NamedTemporaryFile(prefix="checker-rpm-") as file:
            file.write(content)
            file.flush()
            found = in_child(_RPM_WORK, {"file": os.path.abspath(file.name)})
    except (ChildError, OSError) as error:
        raise DatabaseError(str(error)) from error
    if isinstance(found, str):
        raise DatabaseError(found)
    return tuple(Package(name, version) for name, version in found)
