"""An archive that stays open: its facts, and the bytes of its members, without another reading.

What surrounds an archive is removed, a step at a time: text before it, a wrapping directory, an
archive that contains it. Each step is recorded. Nothing is extracted, and the outer file is
decompressed once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from types import TracebackType

from checker.errors import UnreadableError
from checker.model.archive import FLAT_KINDS, Archive, Kind, Source
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.content import ContentPlan
from checker.model.entries import (
    CONTIGUOUS,
    GNU_SPARSE,
    HARD_LINK,
    REGULAR,
    Entries,
    Span,
    spell,
)
from checker.model.limits import LimitReached, Limits
from checker.model.tar import Tar
from checker.reading.archive import ReadOptions, facts_of
from checker.reading.compression import MAGIC_SIZE, Inflater, LimitError, detect
from checker.reading.meter import SILENT
from checker.reading.source import (
    CHUNK,
    BinaryFile,
    Content,
    Opened,
    Seekable,
    TarContent,
    open_again,
    open_file,
    open_part,
    open_source,
    spool,
)
from checker.reading.tar.header import BLOCK, TYPES_WITHOUT_CONTENT
from checker.records import NamedTuple
from checker.typing_names import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from checker.model.damage import Damage

_MOST_LAYERS_OF_PACKING = 8
_HARD_LINK = ord(HARD_LINK)
_FILES = frozenset((REGULAR + CONTIGUOUS + GNU_SPARSE).encode())


class Row(NamedTuple):
    """Where an entry of a tar is, all of it.

    Attributes:
        start: Byte offset of its first extension header, or of its header.
        header: Byte offset of its header.
        content: Byte offset of its content.
        end: Byte offset after its content and padding.
    """

    start: int
    header: int
    content: int
    end: int


def row_of(entries: Entries, position: int) -> Row:
    """Where an entry and its extension headers are in the (uncompressed) tar."""
    start = 0 if position == 0 else _end_of(entries, position - 1)
    header = entries.offsets[position]
    end = _end_of(entries, position)
    content = min(end, entries.content_offsets.get(position, header + BLOCK))
    return Row(start, header, content, end)


def _end_of(entries: Entries, position: int) -> int:
    if entries.kinds[position] in TYPES_WITHOUT_CONTENT:
        return entries.offsets[position] + BLOCK
    stored = entries.content(position)
    return stored.offset + -(-stored.length // BLOCK) * BLOCK


class TarBytes(NamedTuple):
    """The bytes of an uncompressed tar that can be read in any order.

    Attributes:
        file: Descriptor of the file that contains it.
        part: The bytes of the file that are the tar.
    """

    file: int
    part: Span

    def read(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes of the tar from an offset on."""
        there = max(0, min(count, self.part.length - offset))
        return os.pread(self.file, there, self.part.offset + offset)

    def chunks(self) -> Iterator[bytes]:
        """All bytes, in pieces."""
        offset = 0
        while piece := self.read(offset, CHUNK):
            yield piece
            offset += len(piece)


class OpenArchive:
    """An archive and its bytes, until it is closed.

    Attributes:
        outer: The facts of the file itself.
        archive: The facts of what was found inside everything that surrounded it.
        steps: What was removed on the way there, one sentence each.
        entries: The entries of the tar as they are in the file; ``archive.entries`` may be a part
            of them.
        directory: The directory of the file's tar whose content the archive is; empty for all.
    """

    def __init__(self, opened: Opened, archive: Archive, options: ReadOptions) -> None:
        self.outer = archive
        self.archive = archive
        self.entries = opened.tar.entries
        self.steps: tuple[str, ...] = ()
        self.directory = ""
        self._content: Content = opened.content
        self._options = options
        self._stack = ExitStack()
        self._stack.callback(opened.content.close)

    def __enter__(self) -> Self:
        """Give the archive."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the archive."""
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._stack.close()

    def stored(self, blob: Blob) -> Iterator[bytes]:
        """The bytes of a blob as they are stored, in pieces."""
        if blob.position < 0:
            return self.tar_bytes().chunks()
        return self._content.chunks(blob.position)

    def inflated(self, blob: Blob) -> Iterator[bytes]:
        """The bytes of a blob, uncompressed, in pieces.

        Raises:
            UnreadableError: A limit is reached, or the data is corrupt.
        """
        if blob.position < 0 or blob.compression.kind is CompressionKind.NONE:
            yield from self.stored(blob)
            return
        inflater = Inflater(blob.compression.kind, self._options.limits)
        try:
            yield from inflater.inflate(self._content.chunks(blob.position))
        except LimitError as error:
            raise UnreadableError(self.archive.path, _of(error.reached, blob)) from error
        problem = inflater.finish().error
        if problem is not None:
            raise UnreadableError(self.archive.path, f"{blob.location.member}: {problem}")

    def member(self, position: int) -> Iterator[bytes]:
        """The content of a member, in pieces."""
        return self._content.chunks(position)

    def span(self, blob: Blob) -> tuple[int, Span] | None:
        """Descriptor and place of the stored bytes of a blob; None if they must be put together."""
        content = self._content
        if not isinstance(content, TarContent):
            return None
        if blob.position < 0:
            whole = self.tar_bytes()
            return whole.file, whole.part
        place = content.span(blob.position)
        return None if place is None else (content.descriptor(), place)

    def tar_bytes(self) -> TarBytes:
        """The archive's own tar, uncompressed, of which any part can be read.

        Raises:
            UnreadableError: It is a directory.
        """
        content = self._content
        if not isinstance(content, TarContent):
            raise UnreadableError(self.archive.path, "it is a directory, not a tar")
        whole = content.place
        return TarBytes(content.descriptor(), whole)

    def facts_of_tar(self, tar: TarBytes, plan: ContentPlan) -> Archive:
        """The facts of a tar that was made of this archive, or that it is.

        Args:
            tar: The tar, uncompressed.
            plan: The files of which the first bytes are kept.
        """
        options = self._options._replace(plan=plan, whole_digest=False, early=None, meter=SILENT)
        file = os.dup(tar.file)
        try:
            opened = open_part(file, tar.part, self.archive.source, plan, options.limits)
        except BaseException:
            os.close(file)
            raise
        with closing(opened.content):
            return facts_of(self.archive.path, opened, options, time.perf_counter())

    # Unwrapping

    def unwrap(self) -> None:
        """Remove what surrounds the image or root filesystem, as far as that is certain.

        Raises:
            UnreadableError: There is not enough space for an uncompressed copy.
        """
        try:
            for _ in range(_MOST_LAYERS_OF_PACKING):
                if not self._unwrap_once():
                    break
        except OSError as error:
            reason = f"cannot be read: {error.strerror or error}"
            raise UnreadableError(self.archive.path, reason) from error
        self.steps = (*self.steps, *_ignored(self.archive))

    def _unwrap_once(self) -> bool:
        archive = self.archive
        content = self._content
        if isinstance(content, TarContent) and self._unpack_once(archive, content):
            return True
        inner = _only_archive(archive)
        if inner is not None:
            return self._enter_nested(content, inner)
        directory = _wrapping_directory(archive)
        if directory is not None and archive.kind in (Kind.WRAPPED, Kind.UNKNOWN):
            return self._enter_directory(content, directory)
        return False

    def _unpack_once(self, archive: Archive, content: TarContent) -> bool:
        if archive.inside is not None:
            return self._enter_inside(archive)
        return archive.damage is not None and self._skip_damage(content, archive.damage)

    def _enter_inside(self, archive: Archive) -> bool:
        options = self._options
        inner = open_again(self._as_opened(), options.plan, options.limits, options.meter)
        if inner is None:
            return False
        self._replace(inner, f"the archive is compressed twice: {archive.compression.kind} removed")
        return True

    def _skip_damage(self, content: TarContent, damage: Damage) -> bool:
        from checker.model.damage import LeadingData

        if not isinstance(damage, LeadingData):
            return False
        part = Span(content.place.offset + damage.size, content.size - damage.size)
        if part.length <= 0:
            return False
        step = f"{damage.size} bytes of text before the archive were dropped"
        self._replace(self._open_at(content, part), step)
        return True

    def _enter_nested(self, content: Content, position: int) -> bool:
        name = self.archive.entries.name(position)
        blob = self.archive.members.blobs.get(position)
        if blob is None or not self.archive.has_all_of(blob):
            return False
        place = content.span(position) if isinstance(content, TarContent) else None
        if isinstance(content, TarContent) and place is not None:
            opened = self._open_at(content, place)
        else:
            options = self._options
            options.meter.begin(blob.size)
            chunks = content.chunks(position)
            opened = spool(chunks, Source.FILE, options.plan, options.limits, options.meter)
        self._replace(opened, f"the archive {name} was taken out of the archive that contains it")
        return True

    def _open_at(self, content: TarContent, part: Span) -> Opened:
        """Open what is at a place of the file, compressed or not."""
        plan, limits = self._options.plan, self._options.limits
        source = self.archive.source
        there = TarBytes(content.descriptor(), part)
        if detect(there.read(0, MAGIC_SIZE)) is not CompressionKind.NONE:
            self._options.meter.begin(part.length)
            return spool(there.chunks(), source, plan, limits, self._options.meter)
        file = os.dup(content.descriptor())
        try:
            return open_part(file, part, source, plan, limits)
        except BaseException:
            os.close(file)
            raise

    def _enter_directory(self, content: Content, directory: str) -> bool:
        from checker.reading.directory import DirectoryContent

        entries, positions = entries_below(self.archive.entries, directory)
        below: Content
        if isinstance(content, TarContent):
            below = _Renumbered(content, positions)
        elif isinstance(content, DirectoryContent):
            below = content.below(directory, entries, positions)
        else:
            return False
        archive = self.archive
        opened = Opened(
            source=archive.source,
            size=archive.size,
            compression=archive.compression,
            tar=self._with_contents(_tar_below(archive.tar, entries, positions), below),
            content=below,
            file=None,
            sha256=archive.sha256,
            limits=(),
        )
        options = self._options._replace(whole_digest=False, early=None)
        self.archive = facts_of(archive.path, opened, options, time.perf_counter())
        self._content = below
        self.directory = f"{self.directory}/{directory}" if self.directory else directory
        step = f"the content of the directory {directory}/ was moved to the top"
        self.steps = (*self.steps, step)
        return True

    def _with_contents(self, tar: Tar, content: Content) -> Tar:
        """The facts of a directory, with the files that were asked for by their paths in it."""
        wanted = self._options.plan.paths
        left = self._options.limits.content - sum(map(len, tar.contents.values()))
        kept: dict[int, bytes] = {}
        for position, path in enumerate(tar.entries.paths):
            size = min(wanted.get(path, 0), tar.entries.sizes[position])
            if not 0 < size <= left or tar.entries.kinds[position] not in _FILES:
                continue
            kept[position] = _head_of(content, position, size)
            left -= size
        return tar._replace(contents={**tar.contents, **kept})

    def _as_opened(self) -> Opened:
        archive = self.archive
        return Opened(
            source=archive.source,
            size=archive.size,
            compression=archive.compression,
            tar=archive.tar,
            content=self._content,
            file=None,
            sha256=None,
            limits=(),
        )

    def _replace(self, opened: Opened, step: str) -> None:
        """Go on with an archive that is inside this one."""
        self._stack.callback(opened.content.close)
        options = self._options._replace(whole_digest=False, early=None)
        self.archive = facts_of(self.archive.path, opened, options, time.perf_counter())
        self.entries = opened.tar.entries
        self.directory = ""
        self._content = opened.content
        self.steps = (*self.steps, step)


def _head_of(content: Content, position: int, size: int) -> bytes:
    """The first bytes of a member."""
    found = b""
    for piece in content.chunks(position):
        found += piece[: size - len(found)]
        if len(found) >= size:
            break
    return found


def _wrapping_directory(archive: Archive) -> str | None:
    """The directory that has the image or root filesystem."""
    found = archive.image_directory or archive.root_directory
    if found is None and archive.known_kind is not None:
        found = archive.known_kind.directory
    return found or None


def _tar_below(tar: Tar, entries: Entries, positions: Sequence[int]) -> Tar:
    """The facts about a tar for those of its entries that are in a directory.

    Args:
        tar: The tar.
        entries: The entries, named from the directory on.
        positions: The position of each of them in the tar.
    """
    moved = tuple(enumerate(positions))
    return tar._replace(
        entries=entries,
        contents={now: tar.contents[was] for now, was in moved if was in tar.contents},
        elf_files={now: tar.elf_files[was] for now, was in moved if was in tar.elf_files},
        digests={now: tar.digests[was] for now, was in moved if was in tar.digests},
    )


class _Renumbered(TarContent):
    """The content of some of the members of a tar, numbered among themselves."""

    def __init__(self, content: TarContent, positions: list[int]) -> None:
        self._whole = content
        self._positions = positions

    @property
    def size(self) -> int:
        """Bytes of the whole tar."""
        return self._whole.size

    @property
    def place(self) -> Span:
        """The bytes of the file that are the whole tar."""
        return self._whole.place

    def span(self, position: int) -> Span | None:
        """Where in the file the content of a member is; None if it is sparse."""
        return self._whole.span(self._positions[position])

    def chunks(self, position: int) -> Iterator[bytes]:
        """The content of a member."""
        return self._whole.chunks(self._positions[position])

    def seekable(self, position: int) -> Seekable | None:
        """The content of a member in any order."""
        return self._whole.seekable(self._positions[position])

    def part(self, offset: int, count: int) -> bytes:
        """Bytes of the whole tar."""
        return self._whole.part(offset, count)

    def whole(self) -> Iterator[bytes]:
        """All bytes of the whole tar."""
        return self._whole.whole()

    def is_unchanged(self) -> bool:
        """Whether nobody has changed the file since it was opened, as far as can be told."""
        return self._whole.is_unchanged()

    def change(self) -> str | None:
        """How the file was changed since it was opened, in words; None if it was not."""
        return self._whole.change()

    def descriptor(self) -> int:
        """The descriptor of the file."""
        return self._whole.descriptor()

    def close(self) -> None:
        """The content of the whole tar is closed by its owner."""


def entries_below(entries: Entries, directory: str) -> tuple[Entries, list[int]]:
    """The entries below a directory, as if that were the top, and their positions in the whole.

    Offsets stay those of the whole tar.
    """
    start = f"{directory}/"
    positions = [i for i, path in enumerate(entries.paths) if path.startswith(start)]
    found = Entries()
    for position in positions:
        _add_row(found, entries, position, start)
    return found, positions


def _add_row(found: Entries, entries: Entries, position: int, start: str) -> None:
    number = len(found.paths)
    found.paths.append(entries.paths[position].removeprefix(start))
    found.spellings.append(0)
    found.kinds.append(entries.kinds[position])
    for name in ("modes", "uids", "gids", "sizes", "mtimes", "offsets"):
        getattr(found, name).append(getattr(entries, name)[position])
    link = entries.linknames.get(position)
    if link is not None:
        is_inside = entries.kinds[position] == _HARD_LINK
        found.linknames[number] = spell(link)[0].removeprefix(start) if is_inside else link
    for table in (
        "devices",
        "xattrs",
        "xattr_sizes",
        "unread_attributes",
        "global_records",
        "sparse",
        "stored_sizes",
        "content_offsets",
    ):
        value = getattr(entries, table).get(position)
        if value is not None:
            getattr(found, table)[number] = value


def _only_archive(archive: Archive) -> int | None:
    """Position of the member that is an archive, if there is one, and nothing else to convert."""
    if archive.kind is Kind.NESTED:
        return archive.nested_images[0] if len(archive.nested_images) == 1 else None
    if archive.kind is not Kind.UNKNOWN or archive.known_kind is not None:
        return None
    # It may be packed twice, or in a directory.
    found = [
        position
        for position, blob in archive.members.blobs.items()
        if blob.tar is not None and len(blob.tar.entries)
    ]
    return found[0] if len(found) == 1 and archive.root_directory is None else None


def _of(reached: LimitReached, blob: Blob) -> str:
    return f"{blob.location.member}: limit {reached.limit} reached: {reached.what}"


def _ignored(archive: Archive) -> Iterator[str]:
    """What of a file does not belong to the archive that was found in it, one sentence each."""
    tar = archive.tar
    # The names in a root filesystem are kept as they are.
    is_image_file = archive.kind not in FLAT_KINDS and archive.source is not Source.DIRECTORY
    if is_image_file and any(name.startswith("./") for name in _first_names(archive.entries)):
        yield "the ./ before the names of members was dropped"
    if tar.after_end:
        yield f"the data after the end of the archive, which is at byte {tar.end}, was dropped"
    fatal = tar.fatal
    if fatal is not None:
        yield f"the archive is damaged from byte {fatal.offset} on ({fatal.detail})"


def _first_names(entries: Entries) -> list[str]:
    return [entries.name(position) for position in range(min(len(entries), 64))]


def open_archive(source: str | BinaryFile, name: str, options: ReadOptions) -> OpenArchive:
    """Read an archive and keep it open, with what surrounds it removed.

    Args:
        source: A path (``-`` is standard input), or a file object, which stays open.
        name: What the archive is called in the facts.
        options: How to read.

    Raises:
        UnreadableError: There is nothing to read.
    """
    began = time.perf_counter()
    plan, limits = options.plan, options.limits
    if isinstance(source, str):
        opened = open_source(source, plan, limits, options.meter)
    else:
        opened = open_file(source, name, plan, limits, options.meter)
    with ExitStack() as on_error:
        on_error.callback(opened.content.close)
        archive = facts_of(name, opened, options, began)
        on_error.pop_all()
        found = OpenArchive(opened, archive, options)
        on_error.callback(found.close)
        found.unwrap()
        on_error.pop_all()
    return found


def reopen(archive: Archive, limits: Limits) -> OpenArchive:
    """Open an archive whose facts are known, for its bytes; no member is read for it.

    Nothing that surrounds an image is removed.

    Args:
        archive: The facts; its path must not be that of a stream.
        limits: Limits of the reading.

    Raises:
        UnreadableError: There is nothing to read, or the archive has another size than before.
    """
    options = ReadOptions(limits=limits)
    opened = open_source(archive.path, options.plan, limits)
    if opened.size != archive.size:
        opened.content.close()
        change = f"had {archive.size} bytes, and now has {opened.size}"
        raise UnreadableError(archive.path, f"changed after it was read: {change}")
    return OpenArchive(opened, archive, options)
