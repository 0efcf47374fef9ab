"""Facts about one tar: its entries, irregularities of its blocks, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from checker.model.elf import ElfFile
from checker.model.entries import Entries
from checker.model.limits import LimitReached
from checker.records import NamedTuple


class AnomalyKind(StrEnum):
    """What can be irregular about the blocks of a tar, and unreadable in a directory."""

    NOT_A_TAR = "not-a-tar"
    BAD_CHECKSUM = "bad-checksum"
    BAD_NUMBER = "bad-number"
    NEGATIVE_SIZE = "negative-size"
    BAD_PAX_RECORD = "bad-pax-record"
    BAD_SPARSE_MAP = "bad-sparse-map"
    INCOMPLETE_SPARSE_MAP = "incomplete-sparse-map"
    OVERSIZED_EXTENSION = "oversized-extension"
    DANGLING_EXTENSION = "dangling-extension"
    GLOBAL_OVERRIDE = "global-override"
    UNKNOWN_TYPE = "unknown-type"
    TRUNCATED_HEADER = "truncated-header"
    TRUNCATED_CONTENT = "truncated-content"
    TRUNCATED_PADDING = "truncated-padding"
    LONE_ZERO_BLOCK = "lone-zero-block"
    MISSING_END = "missing-end"
    DATA_AFTER_END = "data-after-end"
    UNREADABLE_FILE = "unreadable-file"
    UNSTORABLE_FILE = "unstorable-file"
    UNLISTED_DIRECTORY = "unlisted-directory"


class Anomaly(NamedTuple):
    """One irregularity.

    Attributes:
        kind: What it is.
        offset: Byte offset in the uncompressed tar; -1 in a directory.
        detail: What was found and what was expected, in words.
        name: Name of the entry it belongs to, as far as known.
        fatal: Whether Go's archive/tar, and so every engine, stops here with an error.
    """

    kind: AnomalyKind
    offset: int
    detail: str
    name: str | None = None
    fatal: bool = False


class Tar(NamedTuple):
    """One walked tar.

    Attributes:
        entries: Every entry that a reader like Go's archive/tar comes to see.
        anomalies: Irregularities by offset, at most ``Limits.anomalies``.
        size: Bytes of the (uncompressed) tar.
        end: Byte offset of the first block of the end-of-archive marker; None without one.
        end_blocks: Zero blocks at the end: 0, 1 or 2.
        after_end: The first nonzero bytes after the end, at most 512.
        header_follows: Whether what follows the end is a tar header, as of an archive that was
            appended to this one.
        head: The first bytes, at most 512, if it is not a tar; else empty.
        global_records: Records of PAX global headers, the last of each key.
        has_odd_headers: Whether headers are such that programs differ in what they take from them.
        contents: First bytes of the entries that a check asked for, by position.
        elf_files: What was read of ELF files, executables and shared libraries, by position, if a
            check asked for it.
        digests: SHA-256 of the content of files by position, if asked for; without sparse files
            and files without content.
        limits: Limits that cut the walk short.
        unsearched: The limit because of which text files were not searched for secrets; all else
            was read.
        crashes: Steps that failed while files of the tar were looked at, one line each.
    """

    entries: Entries
    anomalies: tuple[Anomaly, ...] = ()
    size: int = 0
    end: int | None = None
    end_blocks: int = 0
    after_end: bytes = b""
    header_follows: bool = False
    head: bytes = b""
    global_records: Mapping[str, str] = MappingProxyType({})
    has_odd_headers: bool = False
    contents: Mapping[int, bytes] = MappingProxyType({})
    elf_files: Mapping[int, ElfFile] = MappingProxyType({})
    digests: Mapping[int, bytes] = MappingProxyType({})
    limits: tuple[LimitReached, ...] = ()
    crashes: tuple[str, ...] = ()
    unsearched: LimitReached | None = None

    @property
    def needed(self) -> Mapping[int, tuple[str, ...]]:
        """The libraries that executables need, by position, as far as they could be read."""
        return {position: elf.needed for position, elf in self.elf_files.items() if elf.needed}

    @property
    def fatal(self) -> Anomaly | None:
        """The anomaly at which every engine stops with an error."""
        return next((anomaly for anomaly in self.anomalies if anomaly.fatal), None)

    @property
    def is_listed(self) -> bool:
        """Whether no directory was left out because it cannot be listed."""
        return not self.of_kind(AnomalyKind.UNLISTED_DIRECTORY)

    def of_kind(self, *kinds: AnomalyKind) -> tuple[Anomaly, ...]:
        """The anomalies of some kinds, by offset."""
        return tuple(anomaly for anomaly in self.anomalies if anomaly.kind in kinds)
