"""What the fuzz targets share: a session with small limits, and what counts as a find."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Final

from checker import Limits, Session
from checker.reports.json_report import render_json
from checker.reports.junit import render_junit
from checker.reports.text.report import render_text
from checker.results import CheckedArchive, Run

BLOCK: Final = 512
_CHECKSUM = slice(148, 156)
SMALL: Final = Limits()._replace(
    entries=2000,
    members=200,
    expansion_from=1 << 22,
    inflated=1 << 23,
    spool=1 << 23,
    json_size=1 << 18,
    content=1 << 20,
    images=50,
)


class FoundError(AssertionError):
    """A result that must not be."""


def with_checksums(data: bytes) -> bytes:
    """The bytes with right checksums in what may be tar headers."""
    blocks = bytearray(data)
    for start in range(0, len(blocks) - BLOCK + 1, BLOCK):
        if blocks[start + 257 : start + 262] == b"ustar":
            header = blocks[start : start + BLOCK]
            header[_CHECKSUM] = b" " * 8
            blocks[start : start + BLOCK] = header
            blocks[start + 148 : start + 156] = b"%06o\0 " % sum(header)
    return bytes(blocks)


@cache
def session() -> Session:
    """The session of all targets."""
    return Session({"limits": SMALL._asdict(), "jobs": 1})


def check_bytes(data: bytes) -> None:
    """Check an archive and make every report."""
    checked = session().check(io.BytesIO(data), name="fuzz.tar")
    check_whole(checked)
    run = Run("check", "0", archives=(checked,))
    render_text(run).encode()
    json.loads(render_json(run))
    render_junit(run).encode()


def check_whole(checked: CheckedArchive) -> None:
    """Every part of the checker came to its end."""
    traces = [result.traceback for result in checked.results if result.traceback]
    problems = [*traces, *checked.crashes, *map(str, checked.problems)]
    if problems:
        raise FoundError("\n".join(problems))
