"""licenseTests: licences that are not allowed, in files and where Debian keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import ContentRequest, Rootfs
from checker.records import NamedTuple
from checker_policy.looked_up import find_path
from checker_policy.parts import Problem
from checker_policy.structure.content import READ, read_content, requests
from checker_policy.structure.fields import Fields
from checker_policy.values import size_words

KEYS = ("debian", "files")
_ROOT = "usr/share/doc"
_FILE = "copyright"
# As in pkg/types/v2/licenses.go.
_NOT_TESTED = frozenset({"libgnutls30"})
_NOT_ALLOWED = ("AGPL", "WTFPL")


class LicenseTest(NamedTuple):
    """A test of licences.

    Attributes:
        debian: Whether every package in ``/usr/share/doc`` is tested.
        files: Further files.
    """

    debian: bool
    files: tuple[str, ...]

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs."""
        return requests((*self.files, *((f"{_ROOT}/*/{_FILE}",) if self.debian else ())))

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Run the test."""
        if self.debian:
            yield from _of_packages(rootfs)
        for path in self.files:
            yield from _of_file(rootfs, path)


def _of_packages(rootfs: Rootfs) -> Iterator[Problem]:
    if find_path(rootfs, _ROOT, follow=True) is None:
        yield Problem(f"/{_ROOT} cannot be read: it does not exist", {"path": _ROOT})
        return
    for package in sorted(_packages(rootfs) - _NOT_TESTED):
        yield from _of_file(rootfs, f"/{_ROOT}/{package}/{_FILE}")


def _packages(rootfs: Rootfs) -> set[str]:
    """The directories in that of the documentation; symlinks are none."""
    top = rootfs.follow(_ROOT) or _ROOT
    below = rootfs.below(top)
    names = {placed.path.removeprefix(f"{top}/").partition("/")[0] for placed in below}
    paths = {f"{top}/{name}": name for name in names}
    files = {one.path for one in below if one.path in paths and not one.entry.is_directory}
    return {name for path, name in paths.items() if path not in files}


def _of_file(rootfs: Rootfs, path: str) -> Iterator[Problem]:
    read = read_content(rootfs, path)
    if isinstance(read, Problem):
        yield read._replace(message=f"the licence cannot be read: {read.message}")
        return
    found, content = read
    layer = None if found.placed is None else found.placed.layer
    words = [word for word in _NOT_ALLOWED if word in content.text.upper()]
    if words:
        yield Problem(f"{path} contains {words[0]}", {"path": found.path}, layer)
    elif not content.is_whole:
        unread = f"{path} was read only in its first {size_words(READ)}"
        yield Problem(unread, {"path": found.path}, layer)


def read(fields: Fields, _variables: Mapping[str, str]) -> LicenseTest:
    """A test as a file states it.

    Raises:
        SettingsError: A field has the wrong type.
    """
    return LicenseTest(fields.truth("debian"), fields.names("files"))
