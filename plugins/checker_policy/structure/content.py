"""fileContentTests: what the content of a file must match, and must not match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import ContentRequest, Rootfs
from checker.model.entries import clean_path
from checker.records import NamedTuple
from checker_policy.looked_up import Content, Found, content_of, find_path, request
from checker_policy.parts import Problem
from checker_policy.patterns import Glob, Pattern
from checker_policy.structure.fields import Fields
from checker_policy.values import size_words

KEYS = ("name", "path", "expectedContents", "excludedContents")
READ = 4 << 20
"""Bytes of each file that are read."""


class FileContentTest(NamedTuple):
    """A test of the content of a file.

    Attributes:
        path: The path.
        expected: What must match.
        excluded: What must not match.
    """

    path: str
    expected: tuple[Pattern, ...]
    excluded: tuple[Pattern, ...]

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs."""
        return requests((self.path,))

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Run the test."""
        read = read_content(rootfs, self.path)
        if isinstance(read, Problem):
            yield read
            return
        found, content = read
        layer = None if found.placed is None else found.placed.layer
        for message in self._of_content(content):
            yield Problem(message, {"path": found.path}, layer)

    def _of_content(self, content: Content) -> Iterator[str]:
        part = "" if content.is_whole else f", of which the first {size_words(READ)} were read"
        for each in self.expected:
            if not each.is_in(content.text):
                yield f'"{each.text}" does not match the content of {self.path}{part}'
        for each in self.excluded:
            if each.is_in(content.text):
                yield f'"{each.text}" matches the content of {self.path}'
            elif not content.is_whole:
                yield f'"{each.text}" may match the content of {self.path}{part}'


def requests(paths: tuple[str, ...]) -> tuple[ContentRequest, ...]:
    """The content of some files, wherever symlinks of directories lead to."""
    found = (request(Glob(clean_path(path)), limit=READ) for path in paths)
    return tuple(each for each in found if each is not None)


def read_content(rootfs: Rootfs, path: str) -> tuple[Found, Content] | Problem:
    """The content of a file, symlinks followed inside the root; why it is not known, otherwise."""
    at = clean_path(path)
    found = find_path(rootfs, at, follow=True)
    if found is None:
        return Problem(f"{path} cannot be opened: it does not exist", {"path": at})
    layer = None if found.placed is None else found.placed.layer
    content = content_of(rootfs, found)
    if content is not None:
        return found, content
    entry = found.entry
    if entry is None or entry.is_directory:
        return Problem(f"{path} cannot be read: it is a directory", {"path": at}, layer)
    end = entry.path
    if end != at:
        unread = f"{path} is a symlink to /{end}, which was not read: name that path in the test"
        return Problem(unread, {"path": at}, layer)
    unread = f"{path} was not read; it is no file, or the limit content was reached"
    return Problem(unread, {"path": at}, layer)


def read(fields: Fields, _variables: Mapping[str, str]) -> FileContentTest:
    """A test as a file states it.

    Raises:
        SettingsError: A field is missing or has the wrong type.
    """
    return FileContentTest(
        path=fields.required("path"),
        expected=fields.patterns("expectedContents"),
        excluded=fields.patterns("excludedContents"),
    )
