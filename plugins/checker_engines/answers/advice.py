"""What to do with an archive that an engine does not load, because it is not an image."""

from __future__ import annotations

from checker.model.archive import Archive, Kind
from checker.verdicts import Question

IS_LOADED = "the image is loaded"


def why_not_loaded(question: Question, importing: str, reason: str) -> str:
    """The reason why an archive is not loaded; for an intact root filesystem, how to import it.

    Args:
        question: What was asked.
        importing: The command that imports, such as ``docker import``.
        reason: Why the engine's load function returns an error.
    """
    return use_import(question, importing) if _is_sound_rootfs(question.archive) else reason


def use_import(question: Question, importing: str) -> str:
    """The advice to import a root filesystem."""
    return (
        "it is a root filesystem (docker export), not an image; use: "
        f"{importing} {question.quoted_path} name:tag"
    )


def _is_sound_rootfs(archive: Archive) -> bool:
    compression = archive.compression
    is_damaged = archive.tar.fatal or compression.error or compression.truncated
    return archive.kind is Kind.ROOTFS and not is_damaged
