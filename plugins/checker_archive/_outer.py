"""What several rules ask of the outer tar."""

from __future__ import annotations

from checker.model.archive import Archive, Source

# Limits that end the reading of the archive itself; those of a member name the member.
_ENDING = frozenset({"expansion", "inflated", "window", "spool", "entries", "names"})


def folder_reason(archive: Archive) -> str | None:
    """Why rules about tar headers have nothing to say: a folder has none."""
    if archive.source is Source.FOLDER:
        return "the archive is a folder, which has no tar headers"
    return None


def root_reason(archive: Archive) -> str | None:
    """Why rules about how members unpack leave a flat root filesystem to those about layers."""
    if archive.rootfs is not None:
        return "the entries of a root filesystem are looked at as those of a layer"
    return folder_reason(archive)


def is_cut_by_limit(archive: Archive) -> bool:
    """Whether a limit ended the reading, so that the end of the tar was never seen."""
    return any(reached.member is None and reached.limit in _ENDING for reached in archive.limits)


def is_read_to_end(archive: Archive) -> bool:
    """Whether the end that was seen is the archive's own, not that of a limit or of corruption."""
    return archive.compression.error is None and not is_cut_by_limit(archive)
