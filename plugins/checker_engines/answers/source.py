"""What an engine is given, and how much of it was read here."""

from __future__ import annotations

from checker.model.archive import Archive, Source
from checker.verdicts import Question
from checker_engines.answers.refusal import Refusal


def check_is_file(question: Question, message: str) -> None:
    """Refuse a directory: the engine reads a stream.

    Args:
        question: What is asked.
        message: What the engine prints for a directory.

    Raises:
        Refusal: It is a directory.
    """
    if question.archive.source is Source.DIRECTORY:
        reason = "it is a directory, but the engine reads a tar file"
        raise Refusal(message, reason)


def digest_of(archive: Archive) -> str:
    """The digest of the archive as stored, as far as it was computed."""
    return "<digest>" if archive.sha256 is None else f"sha256:{archive.sha256}"
