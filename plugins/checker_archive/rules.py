"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_archive.bad_header_checksum import BadHeaderChecksum
from checker_archive.compressed_twice import CompressedTwice
from checker_archive.corrupt_compression import CorruptCompression
from checker_archive.dangling_hard_link import DanglingHardLink
from checker_archive.data_after_end import DataAfterEnd
from checker_archive.device_node import DeviceNode
from checker_archive.dot_slash_names import DotSlashNames
from checker_archive.duplicate_member import DuplicateMember
from checker_archive.empty_archive import EmptyArchive
from checker_archive.escaping_name import EscapingName
from checker_archive.file_used_as_directory import FileUsedAsDirectory
from checker_archive.limit_reached import LimitReached
from checker_archive.malformed_header import MalformedHeader
from checker_archive.missing_end_marker import MissingEndMarker
from checker_archive.name_unlike_compression import NameUnlikeCompression
from checker_archive.nested_archive import NestedArchive
from checker_archive.not_a_tar import NotATar
from checker_archive.skippable_frame_first import SkippableFrameFirst
from checker_archive.truncated_archive import TruncatedArchive
from checker_archive.unportable_member_name import UnportableMemberName
from checker_archive.unreadable_file import UnreadableFile
from checker_archive.unreferenced_member import UnreferencedMember
from checker_archive.unsupported_entry_type import UnsupportedEntryType
from checker_archive.wrapped_in_directory import WrappedInDirectory

RULES: tuple[type[Check], ...] = (
    NotATar,
    EmptyArchive,
    BadHeaderChecksum,
    TruncatedArchive,
    MissingEndMarker,
    DataAfterEnd,
    CorruptCompression,
    DuplicateMember,
    EscapingName,
    LimitReached,
    MalformedHeader,
    UnsupportedEntryType,
    CompressedTwice,
    NameUnlikeCompression,
    SkippableFrameFirst,
    UnportableMemberName,
    DotSlashNames,
    WrappedInDirectory,
    NestedArchive,
    FileUsedAsDirectory,
    DanglingHardLink,
    DeviceNode,
    UnreferencedMember,
    UnreadableFile,
)
