"""ARC: the outer tar, its structure, names and compression."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Give the rules of this bundle."""
    from checker_archive.bad_header_checksum import BadHeaderChecksum

    yield BadHeaderChecksum
