"""fileExistenceTests: whether a file is there, its mode and its owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import ContentRequest, Entry, Rootfs
from checker.model.entries import clean_path
from checker.records import NamedTuple
from checker_policy.looked_up import Found, find_path
from checker_policy.parts import Problem
from checker_policy.structure.fields import Fields
from checker_policy.structure.go import expand, file_mode

KEYS = ("name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy")
_ANY = -1
_EXECUTABLE_BY = {"any": 0o111, "owner": 0o100, "group": 0o010, "other": 0o001}
_DIRECTORY_MODE = 0o755


class FileExistenceTest(NamedTuple):
    """A test of whether a file is there.

    Attributes:
        path: The path, in which variables of the image are replaced.
        should_exist: Whether it must be there.
        permissions: The mode as text, such as ``-rw-r--r--``; empty for any.
        uid: The owner; -1 for any.
        gid: The group; -1 for any.
        executable_by: Who must be able to execute it; empty if that does not matter.
        variables: What is set besides the variables of the image.
    """

    path: str
    should_exist: bool
    permissions: str
    uid: int
    gid: int
    executable_by: str
    variables: Mapping[str, str]

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs: none."""
        return ()

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Run the test."""
        found = find_path(rootfs, self._path(rootfs), follow=False)
        at = clean_path(self.path)
        if found is None:
            if self.should_exist:
                yield Problem(f"file {self.path} should exist but does not", {"path": at})
            return
        layer = None if found.placed is None else found.placed.layer
        if not self.should_exist:
            words = f"file {self.path} should not exist but does"
            yield Problem(words, {"path": found.path}, layer)
            return
        for message in self._of_file(rootfs, found):
            yield Problem(message, {"path": found.path}, layer)

    def _path(self, rootfs: Rootfs) -> str:
        own = {} if rootfs.config is None else rootfs.config.env
        return clean_path(expand(self.path, {**own, **self.variables}))

    def _of_file(self, rootfs: Rootfs, found: Found) -> Iterator[str]:
        entry = _entry_of(rootfs, found)
        mode = file_mode(entry)
        if self.permissions and mode != self.permissions:
            yield f"{self.path} has the permissions {mode}, expected {self.permissions}"
        bits = _DIRECTORY_MODE if entry is None else entry.mode
        if self.executable_by and not bits & _EXECUTABLE_BY[self.executable_by]:
            yield f"{self.path} is not executable by {self.executable_by}, its mode is {mode}"
        uid, gid = (0, 0) if entry is None else (entry.uid, entry.gid)
        if self.uid not in (_ANY, uid):
            yield f"{self.path} belongs to user {uid}, expected {self.uid}"
        if self.gid not in (_ANY, gid):
            yield f"{self.path} belongs to group {gid}, expected {self.gid}"


def _entry_of(rootfs: Rootfs, found: Found) -> Entry | None:
    """The entry that has mode and owner: of a hard link, the file that it links to."""
    file = None if found.placed is None else rootfs.file_of(found.placed)
    return found.entry if file is None else file.entry


def read(fields: Fields, variables: Mapping[str, str]) -> FileExistenceTest:
    """A test as a file states it.

    Raises:
        SettingsError: A field is missing or has the wrong type.
    """
    return FileExistenceTest(
        path=fields.required("path"),
        should_exist=fields.truth("shouldExist", default=True),
        permissions=fields.text("permissions"),
        uid=fields.number("uid", _ANY),
        gid=fields.number("gid", _ANY),
        executable_by=fields.choice("isExecutableBy", tuple(_EXECUTABLE_BY)),
        variables=variables,
    )
