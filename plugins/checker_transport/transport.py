"""What the rules of this bundle share."""

from __future__ import annotations

from checker import Check, CompressionKind, Severity


class TransportCheck(Check):
    """A check of ``Archive.damage``; with a finding, the rules of other bundles are skipped."""

    severity = Severity.ERROR
    since = "0.1.0"
    explains_all = True
    needs_digests = False


def content_of(within: CompressionKind) -> str:
    """Where the bytes are, to begin a message with."""
    return "the file" if within is CompressionKind.NONE else f"the content of the {within} stream"


def piped(within: CompressionKind, command: str) -> str:
    """A command that reads FILE as its last argument, after decompression where that is needed."""
    if within is CompressionKind.NONE:
        return f"{command} FILE > FIXED"
    return f"{within} -dc FILE | {command} > FIXED"


def quote(text: str) -> str:
    """Text of the file in quotation marks."""
    return f'"{text}"'


def counted(count: int, noun: str) -> str:
    """A number with its noun: ``1 line``, ``2 lines``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
