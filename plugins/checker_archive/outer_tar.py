"""The outer tar: which rules apply to it, and how far it was read."""

from __future__ import annotations

from checker import AnomalyKind, Archive, Check, Tar
from checker.model.limits import ENDING
from checker_archive.scopes import NOT_ROOTS, TARS

# Irregularities of a tar without members that do not mean that members were lost.
_WITHOUT_MEMBERS = frozenset({AnomalyKind.MISSING_END, AnomalyKind.DANGLING_EXTENSION})


class TarCheck(Check):
    """A check of a tar file; it is skipped for a directory, which does not have tar headers."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is a directory."""
        return TARS.skip_reason(archive)


class ImageTarCheck(TarCheck):
    """A check of how members are extracted; it is skipped for a root filesystem.

    The entries of a root filesystem are checked by the rules for layers.
    """

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is a root filesystem or a directory."""
        return NOT_ROOTS.skip_reason(archive) or super().skip_reason(archive)


def is_cut_by_limit(archive: Archive) -> bool:
    """Whether a limit ended the reading before the end of the tar, and not of a member."""
    return any(reached.member is None and reached.limit in ENDING for reached in archive.limits)


def is_read_to_end(archive: Archive) -> bool:
    """Whether reading ended at the end of the archive, not at a limit or a corrupt stream."""
    return archive.compression.error is None and not is_cut_by_limit(archive)


def has_no_members(tar: Tar) -> bool:
    """Whether a sound tar has no members; extension headers alone are not members."""
    return not tar.entries.by_path and all(each.kind in _WITHOUT_MEMBERS for each in tar.anomalies)
