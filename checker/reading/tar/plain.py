"""Plain headers, read many at a time: those of most entries, about which nothing is special.

A plain header has the type flag of a file, a directory or a link, well-formed numbers, an ordinary
name and the right sum. It may follow a PAX header with records that all programs take in the same
way. Any other is left to the walker, so that there is one place that decides what is irregular, and
what is said about it.

They are read by a part in C (``checker/compiled/plain_headers.c``), or, where that was not built,
in batches with what Python has (``batches.py``). Where the tar can be sought in, both read on
behind the bytes that they began in: most of what is between the headers is then never read.
"""

from __future__ import annotations

from array import array
from functools import cached_property

from checker.model.content import ContentPlan
from checker.model.text_files import APPLICATIONS, LARGEST, SMALLEST, SYSTEM
from checker.model.untrusted import utf8
from checker.reading.tar.batches import HeaderBatches
from checker.reading.tar.seeking import ENOUGH, REACH, WINDOW, Windows
from checker.reading.tar.table import NO_PAX, PaxRows, PlainRows, Room
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.compiled.plain_headers import Reader

# More rows than can be in memory, and more bytes.
_MOST = 1 << 40
_LARGE_WINDOW = 1 << 20


class PlainHeaders:
    """Reads plain headers.

    Args:
        plan: Whose content is wanted: rows end with a file whose digest may be.
        longest: Bytes of an extension header, at most.
    """

    def __init__(self, plan: ContentPlan, longest: int) -> None:
        self._plan = plan
        self._longest = longest
        self._windows: Windows | None = None

    # Not made before it is known whether the tar can be sought in.
    @cached_property
    def _reader(self) -> _CompiledReader | HeaderBatches:
        try:
            from checker.compiled.plain_headers import Reader
        except ImportError:
            return HeaderBatches(self._plan, self._longest, self._windows)
        return _CompiledReader(Reader, self._plan, self._longest, self._windows)

    def seek(self, windows: Windows) -> None:
        """Read on behind the bytes that are given; to be called before ``read``."""
        self._windows = windows

    def read(self, data: bytes, position: int, offset: int, room: Room) -> PlainRows | None:
        """Read plain headers that follow one another, with the content of files between them.

        Args:
            data: A part of the tar.
            position: Where in it a header is.
            offset: Byte offset of the part in the tar.
            room: What there is room for in the table.

        Returns:
            Their rows; None if the first header is not plain. Only the last row can be that of a
            file whose digest is wanted, or of a link with a size. Of all others the content is in
            the part of the tar, unless the tar can be sought in.
        """
        return self._reader.read(data, position, offset, room)

    @property
    def window(self) -> int:
        """Bytes of the tar that are best read at once."""
        return self._reader.window


class _CompiledReader:
    """Reads with the part in C.

    Args:
        make: The class of the part.
        plan: Whose content is wanted.
        longest: Bytes of an extension header, at most.
        windows: What it reads on in; None if rows end where the bytes end that are given.
    """

    window = _LARGE_WINDOW

    def __init__(
        self, make: type[Reader], plan: ContentPlan, longest: int, windows: Windows | None
    ) -> None:
        named = {path.rpartition("/")[2] for path in (*plan.paths, *plan.endings)}
        self._read_on = None if windows is None else windows.read
        self._reader = make(
            named=tuple(map(utf8, named)),
            below=tuple(map(utf8, plan.below)),
            executables=bool(plan.executables),
            libraries=plan.libraries,
            hashed=tuple(map(utf8, plan.hashed)),
            texts=(SMALLEST, LARGEST) if plan.secrets else (0, 0),
            system=tuple(map(utf8, SYSTEM)),
            applications=tuple(map(utf8, APPLICATIONS)),
            longest=min(longest, _MOST),
            enough=ENOUGH,
            reach=REACH,
            window=WINDOW,
        )

    def read(self, data: bytes, position: int, offset: int, room: Room) -> PlainRows | None:
        """As ``PlainHeaders.read``."""
        entries, records, name_bytes = room
        numbers = min(entries, _MOST), min(records, _MOST), min(name_bytes, _MOST)
        found = self._reader.read(data, position, offset, numbers, self._read_on)
        if found is None:
            return None
        names, links, kinds, modes, *columns, paths, spellings, meant, texts, xattrs, count = found
        uids, gids, sizes, mtimes, offsets = (array("q", column) for column in columns)
        return PlainRows(
            names,
            links,
            kinds,
            array("I", modes),
            uids,
            gids,
            sizes,
            mtimes,
            offsets,
            paths,
            spellings,
            meant,
            texts,
            PaxRows(count, xattrs) if count else NO_PAX,
        )
