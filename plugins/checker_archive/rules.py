"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker import Check
from checker.checks.listed import ListedRule, listed, needing_digests
from checker_archive.limit_reached import LimitReached
from checker_archive.scopes import (
    DEVICES,
    DOTTED_NAMES,
    ESCAPING_NAMES,
    HARD_LINKS,
    IMAGES,
    MALFORMED_HEADERS,
    MEMBERS_BELOW_FILES,
    NESTED,
    NOT_PLAIN_TARS,
    NOT_ROOTS,
    REPEATED_MEMBERS,
    TARS,
    UNPORTABLE_NAMES,
    UNSOUND,
    UNSUPPORTED_TYPES,
)
from checker_archive.unreferenced_member import UnreferencedMember
from checker_archive.wrapped_in_directory import WrappedInDirectory

_TABLES = (
    (
        (TARS, UNSOUND),
        """
ARC001 not-a-tar
ARC002 empty-archive
ARC004 truncated-archive
ARC005 missing-end-marker
ARC006 data-after-end
""",
    ),
    (
        (UNSOUND,),
        """
ARC003 bad-header-checksum
ARC007 corrupt-compression
ARC013 compressed-twice
ARC015 skippable-frame-first
ARC024 unreadable-file
""",
    ),
    ((ESCAPING_NAMES,), "ARC009 escaping-name"),
    ((MALFORMED_HEADERS,), "ARC011 malformed-header"),
    ((UNSUPPORTED_TYPES,), "ARC012 unsupported-entry-type"),
    ((NOT_PLAIN_TARS,), "ARC014 name-unlike-compression"),
    ((TARS, UNPORTABLE_NAMES), "ARC016 unportable-member-name"),
    ((IMAGES, TARS, DOTTED_NAMES), "ARC017 dot-slash-names"),
    ((NESTED,), "ARC019 nested-archive"),
    ((NOT_ROOTS, TARS, MEMBERS_BELOW_FILES), "ARC020 file-used-as-directory file-used-as-folder"),
    ((NOT_ROOTS, TARS, HARD_LINKS), "ARC021 dangling-hard-link"),
    ((TARS, DEVICES), "ARC022 device-node"),
)
_WITH_DIGESTS = (((TARS, REPEATED_MEMBERS), "ARC008 duplicate-member"),)

RULES: tuple[type[Check] | ListedRule, ...] = (
    *listed("checker_archive", *_TABLES),
    *needing_digests(listed("checker_archive", *_WITH_DIGESTS)),
    LimitReached,
    WrappedInDirectory,
    UnreferencedMember,
)
"""All rules of the bundle."""
