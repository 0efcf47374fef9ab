"""Text that libarchive takes for a list of files, mtree (archive_read_support_format_mtree.c).

Lists of names alone are recognized here, as lines of base64 or of hexadecimal digits seem to be.
"""

from __future__ import annotations

import re

from checker.model.raw_tar import NotKeptError, RawTar
from checker_engines.unpackers.members import Remark

_NO_TYPE = Remark(("Missing type keyword in mtree specification",), cause="the text has no entries")
_NAMES_TO_RECOGNIZE = 3
_NAME = re.compile(rb"[^\0-\x20#=/\x7f-\xff][^\0-\x20#=\x7f-\xff]*\r?")
_IGNORED = re.compile(rb"[ \t]*(#.*)?\r?")


def mtree_entries(raw: RawTar | None) -> tuple[Remark, ...]:
    """What is said of each name of a list; empty if the text is not one.

    Args:
        raw: The text; None if it was not kept.
    """
    if raw is None:
        return ()
    try:
        text = raw.read(0, raw.size)
    except NotKeptError:
        return ()
    if not _is_list(text):
        return ()
    found = (line.partition(b"\0")[0] for line in text.split(b"\n"))
    lines = [line for line in found if not _IGNORED.fullmatch(line)]
    return (_NO_TYPE,) * len(lines)


def _is_list(text: bytes) -> bool:
    """Whether the first lines are names (detect_form)."""
    *lines, rest = text.split(b"\n")
    names = [line for line in lines if not _IGNORED.fullmatch(line)]
    first = names[:_NAMES_TO_RECOGNIZE]
    is_enough = len(first) == _NAMES_TO_RECOGNIZE or (bool(first) and not rest)
    return is_enough and all(map(_NAME.fullmatch, first))
