"""What is said of an archive that an engine loads, or does not load because it is not an image."""

from __future__ import annotations

from checker.model.archive import Archive, Kind
from checker.verdicts import Question

IS_LOADED = "the image is loaded"
IS_ROOTFS = "it is a root filesystem (docker export), not an image"


def why_not_loaded(question: Question, reason: str) -> str:
    """The reason why an archive is not loaded; an intact root filesystem is named as one.

    Args:
        question: What was asked.
        reason: Why the engine's load function returns an error.
    """
    return IS_ROOTFS if _is_sound_rootfs(question.archive) else reason


def _is_sound_rootfs(archive: Archive) -> bool:
    compression = archive.compression
    is_damaged = archive.tar.fatal or compression.error or compression.truncated
    return archive.kind is Kind.ROOTFS and not is_damaged
