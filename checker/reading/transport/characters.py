"""Bytes that were decoded as text and encoded again, as by a shell that redirects text."""

from __future__ import annotations

import codecs
import re
from functools import partial

from checker.model.damage import CharacterChange, Characters
from checker.model.untrusted import is_utf8_start
from checker.reading.tar.header import BLOCK, looks_like_header
from checker.reading.transport.sample import Sample
from checker.reading.transport.soundness import is_improved, is_sound

_REPLACEMENT = b"\xef\xbf\xbd"
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8_BOM = codecs.BOM_UTF8
_CODE_PAGES = ("latin-1", "cp1252", "cp437", "cp850")
# A character of UTF-8 that is longer than a byte.
_LONG = rb"(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2})"
# What the signatures of compressions become if each byte from 0x80 on becomes such a character.
_SIGNATURES = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\x1f" + _LONG + rb"\x08|\(" + _LONG + rb"/" + _LONG + rb"|" + _LONG
    + rb"7zXZ\x00|BZh[1-9]1AY&SY)",
    re.DOTALL,
)  # fmt: skip
# What becomes of them in ASCII, if each such byte is a question mark, or loses its highest bit.
_BZIP2 = rb"BZh[1-9]1AY&SY"
_ASCII_SIGNATURES = re.compile(rb"\x1f\?\x08|\?7zXZ\x00|\(\?/\?|" + _BZIP2)
_SEVEN_BIT_SIGNATURES = re.compile(rb"\x1f\x0b\x08|}7zXZ\x00|\(5/}|" + _BZIP2)
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_SURE_CONTROLS = 8
# Of compressed data half of the bytes are from 0x80 on.
_MOST_BETWEEN_MARKS = 4
_UTF16_SIGNATURES = re.compile("\x1f.\x08|BZh[1-9]1AY|.7zXZ|\\(./", re.DOTALL)
_LONG_CHARACTER = re.compile(_LONG)
_MANY = 100
_MAGIC = slice(257, 262)
_MAGIC_TEXT = "ustar"
_EXAMINED = 1 << 16


def find_characters(sample: Sample, begin: int) -> Characters | None:
    """Find whether the archive was decoded as text and encoded again.

    Args:
        sample: What is examined.
        begin: Byte offset at which the archive begins in it.
    """
    data = sample.head[begin:]
    return _utf16(sample, data, begin) or _utf8(sample, data, begin) or _ascii(sample, data, begin)


def utf16_text(data: bytes) -> str | None:
    """The beginning of UTF-16 text with or without a byte order mark; None if it is not UTF-16."""
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is not None:
        return data[2:_EXAMINED].decode(encoding, "replace")
    is_gzip = data[:2] == b"\x1f\0" and data[4:6] == b"\x08\0"
    if is_gzip or (data[1:8:2] == bytes(4) and b"\0" not in data[0:8:2]):
        return data[:_EXAMINED].decode("utf-16-le", "replace")
    return None


def _utf16(sample: Sample, data: bytes, begin: int) -> Characters | None:
    text = utf16_text(data)
    if text is None or not (text[_MAGIC] == _MAGIC_TEXT or _UTF16_SIGNATURES.match(text)):
        return None
    return Characters(
        CharacterChange.UTF_16, begin, has_line_endings="\r\n" in text, within=sample.within
    )


def _utf8(sample: Sample, data: bytes, begin: int) -> Characters | None:
    if sample.is_cut or not is_utf8_start(data) or data.isascii():
        return None
    plain = data.removeprefix(_UTF8_BOM)
    replaced = data.count(_REPLACEMENT)
    is_tar = looks_like_header(plain[:BLOCK])
    # The signature of a compression says enough. A tar may contain characters that are in order.
    if not _SIGNATURES.match(plain) and not (is_tar and _is_changed(sample, plain, replaced)):
        return None
    if replaced:
        change, offset = CharacterChange.REPLACED, data.find(_REPLACEMENT)
    else:
        change, offset = CharacterChange.UTF_8, _first_long(data)
    return Characters(
        change,
        begin + offset,
        replaced=replaced,
        is_latin_1=not replaced and is_sound(_undone(plain, "latin-1")),
        has_line_endings=b"\r\n" in data and data.count(b"\n") == data.count(b"\r\n"),
        within=sample.within,
    )


def _ascii(sample: Sample, data: bytes, begin: int) -> Characters | None:
    """Compressed data of which only ASCII is left."""
    if sample.is_cut or not data.isascii():
        return None
    marks = data.count(b"?")
    # A stream of bzip2 begins with the same bytes either way.
    has_marks = marks * _MOST_BETWEEN_MARKS > len(data)
    signatures = _ASCII_SIGNATURES if has_marks else _SEVEN_BIT_SIGNATURES
    if not signatures.match(data) or len(_CONTROLS.findall(data)) < _SURE_CONTROLS:
        return None
    line_endings = data.count(b"\r\n")
    return Characters(
        CharacterChange.ASCII if has_marks else CharacterChange.SEVEN_BITS,
        begin + (data.find(b"?") if has_marks else 0),
        replaced=marks if has_marks else 0,
        has_line_endings=line_endings > 0 and line_endings == data.count(b"\n"),
        within=sample.within,
    )


def _is_changed(sample: Sample, data: bytes, replaced: int) -> bool:
    """Whether a tar shows the damage: replaced bytes, or that undoing the encoding improves it."""
    if replaced:
        return not sample.is_readable
    return any(
        is_improved(data, undone) or (not sample.is_readable and _has_many_characters(data))
        for undone in map(partial(_undone, data), _CODE_PAGES)
        if undone
    )


def _has_many_characters(data: bytes) -> bool:
    """Whether there are most of the characters that bytes from 0x80 on become; text has fewer."""
    return len(set(_LONG_CHARACTER.findall(data))) >= _MANY


def _undone(data: bytes, code_page: str) -> bytes:
    """The bytes before they were decoded as a code page; empty if that cannot have been."""
    try:
        return codecs.decode(data, "utf-8", "ignore").encode(code_page)
    except UnicodeEncodeError:
        return b""


def _first_long(data: bytes) -> int:
    found = re.search(rb"[\x80-\xff]", data)
    return found.start() if found else 0
