"""The account files: passwd(5), group(5), shadow(5)."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.content import ContentRequest
from checker.model.entries import Entries
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.records import NamedTuple

PASSWD, GROUP, SHADOW, GSHADOW = "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"

ACCOUNTS = ContentRequest(paths=frozenset({PASSWD, GROUP}), limit=64 * 1024)
"""The files that users and groups are looked up in; those of an image have a few kilobytes."""


class Line(NamedTuple):
    """A line of an account file.

    Attributes:
        number: Counted from 1.
        fields: The colon-separated fields.
    """

    number: int
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the user or group."""
        return self.fields[0]


class AccountFile(NamedTuple):
    """An account file.

    Attributes:
        placed: The file, links followed.
        lines: Its lines, without comments, empty lines and NIS entries; None if the content was
            not kept completely.
    """

    placed: RootfsEntry
    lines: tuple[Line, ...] | None

    @property
    def names(self) -> frozenset[str] | None:
        """The names in the file; None if they are not known."""
        return None if self.lines is None else frozenset(line.name for line in self.lines)


def read_accounts(rootfs: Rootfs, path: str) -> AccountFile | None:
    """An account file; None if it does not exist or is not a file."""
    placed = rootfs.resolve(path)
    file = None if placed is None else rootfs.file_of(placed)
    if placed is None or file is None or not file.entry.is_file:
        return None
    # Several images may have the same file.
    known = file.layer.entries.cached(_no_lines)
    if file.position not in known:
        content = rootfs.content(file)
        is_whole = content is not None and len(content) >= file.entry.size
        known[file.position] = tuple(_lines(content)) if content is not None and is_whole else None
    return AccountFile(placed, known[file.position])


def _no_lines(entries: Entries) -> dict[int, tuple[Line, ...] | None]:
    """Where the lines of the account files of a layer are kept, by position."""
    del entries
    return {}


def _lines(content: bytes) -> Iterator[Line]:
    text = content.decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and line[0] not in "#+-":
            yield Line(number, tuple(line.split(":")))
