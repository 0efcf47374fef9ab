"""Archives that were encoded as text: base64, uuencode and hex dumps."""

from __future__ import annotations

import base64
import binascii
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable

from checker.model.damage import UTF8_WITH_MARK, EncodedArchive, TextForm, TextWrapper
from checker.reading.transport.characters import utf16_text
from checker.reading.transport.sample import Sample
from checker.reading.transport.soundness import start_of
from checker.records import NamedTuple

_EXAMINED = 1 << 16
_UTF16 = "UTF-16"
_BOMS = (BOM_UTF16_LE, BOM_UTF16_BE)
# Warnings of a command, a prompt, the headers of a mail.
_MOST_LINES = 20
_LINE_EXAMINED = 4096
_PEM = re.compile(rb"-----BEGIN [^\n]{1,64}-----\r?\n")
_DATA_URL = re.compile(rb"data:[^,\n]{0,128};base64,")
_UUENCODED_BASE64 = re.compile(rb"begin-base64 [0-7]{3,4} [^\n]{1,256}\n")
_UUENCODE = re.compile(rb"begin [0-7]{3,4} [^\n]{1,256}\n")
# Possessive, since a search that can turn back would take quadratic time.
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]++={0,2}+\s*+(?:-----END.*|====\s*+)?", re.DOTALL)
_BASE64_URL = re.compile(rb"[A-Za-z0-9_\-\s]++={0,2}+\s*+", re.DOTALL)
_HEX = re.compile(rb"[0-9A-Fa-f\s]+")
# A line of a dump: the offset, the bytes, the characters.
_XXD_LINE = re.compile(rb"^([0-9a-f]{8,16}):((?: [0-9a-f]{2,4})++)  ", re.MULTILINE)
_HEXDUMP_LINE = re.compile(rb"^([0-9a-f]{8,16})((?: {1,2}[0-9a-f]{2})++) *+(?:\||$)", re.MULTILINE)
_ROW = 16
_WHITE_SPACE = bytes.maketrans(b"", b""), b" \t\r\n\f\v"


class _Decoded(NamedTuple):
    data: bytes
    wrapper: TextWrapper = TextWrapper.NONE


class _Text(NamedTuple):
    """The beginning of a text, and the number of characters of the whole without its end."""

    head: bytes
    size: int


def find_text_form(sample: Sample) -> EncodedArchive | None:
    """Find whether a text is an archive that was encoded."""
    head = sample.head[:_EXAMINED]
    text = utf16_text(head)
    if text is None:
        found = _after_lines(_Text(head, sample.size - _blank_end(sample.tail)))
        has_mark = found is not None and head.startswith(BOM_UTF8)
        return found._replace(encoding=UTF8_WITH_MARK) if found and has_mark else found
    if not text.isascii():
        return None
    size = sample.size // 2 - _blank_end(sample.tail.replace(b"\0", b""))
    has_mark = head.startswith(_BOMS)
    found = _after_lines(_Text(text.encode("ascii"), size - has_mark))
    return None if found is None else found._replace(encoding=_UTF16)


def _blank_end(data: bytes) -> int:
    return len(data) - len(data.rstrip())


def _after_lines(text: _Text) -> EncodedArchive | None:
    """An archive that was encoded, at the beginning of a text or after a few lines of it."""
    found = _encoded(text, _start(text.head))
    begin = 0
    for lines in range(1, _MOST_LINES + 1):
        begin = text.head.find(b"\n", begin, begin + _LINE_EXAMINED) + 1
        if found is not None or not begin:
            return found
        if not text.head.startswith((b"\n", b"\r"), begin):
            found = _encoded(text, begin)
            found = None if found is None else found._replace(lines=lines)
    return found


def _start(head: bytes) -> int:
    """Where the text begins, after a byte order mark and white space."""
    mark = len(BOM_UTF8) if head.startswith(BOM_UTF8) else 0
    return len(head) - len(head[mark:].lstrip())


def _encoded(text: _Text, begin: int) -> EncodedArchive | None:
    for form, decode in _FORMS:
        decoded = decode(text.head[begin:])
        content = None if decoded is None else start_of(decoded.data)
        if decoded is not None and content is not None:
            # Characters that base64 without line breaks lacks at its end.
            padding = -(text.size - begin) % 4 if form is TextForm.BASE64_URL else 0
            return EncodedArchive(form, content, decoded.wrapper, padding)
    return None


def _base64(head: bytes) -> _Decoded | None:
    data, wrapper = _unwrapped(head)
    if _BASE64.fullmatch(data) is None:
        return None
    packed = data.partition(b"-----END")[0].translate(*_WHITE_SPACE).rstrip(b"=")
    return _Decoded(_unpacked(packed, base64.b64decode), wrapper)


def _unwrapped(head: bytes) -> tuple[bytes, TextWrapper]:
    """The encoded data, and what surrounds it."""
    for pattern, wrapper in ((_PEM, TextWrapper.PEM), (_DATA_URL, TextWrapper.DATA_URL)):
        match = pattern.match(head)
        if match is not None:
            return head[match.end() :], wrapper
    has_returns = b"\r" in head
    return head, TextWrapper.CARRIAGE_RETURNS if has_returns else TextWrapper.NONE


def _base64_url(head: bytes) -> _Decoded | None:
    if _BASE64_URL.fullmatch(head) is None:
        return None
    packed = head.translate(*_WHITE_SPACE).rstrip(b"=")
    return _Decoded(_unpacked(packed, base64.urlsafe_b64decode))


def _unpacked(packed: bytes, decode: Callable[[bytes], bytes]) -> bytes:
    # One digit more than a multiple of four is not a byte.
    whole = packed[:-1] if len(packed) % 4 == 1 else packed
    return decode(whole + b"=" * (-len(whole) % 4))


def _uuencode(head: bytes) -> _Decoded | None:
    match = _UUENCODED_BASE64.match(head)
    if match is not None:
        return _base64(head[match.end() :])
    match = _UUENCODE.match(head)
    if match is None:
        return None
    lines = head[match.end() :].splitlines()
    try:
        return _Decoded(b"".join(binascii.a2b_uu(line) for line in lines[:-1]))
    except binascii.Error:
        return None


def _hex(head: bytes) -> _Decoded | None:
    if _HEX.fullmatch(head) is None:
        return None
    return _Decoded(_from_digits(head.translate(*_WHITE_SPACE)))


def _xxd(head: bytes) -> _Decoded | None:
    return _from_lines(_XXD_LINE, head)


def _hexdump(head: bytes) -> _Decoded | None:
    return _from_lines(_HEXDUMP_LINE, head)


def _from_lines(pattern: re.Pattern[bytes], head: bytes) -> _Decoded | None:
    if pattern.match(head) is None:
        return None
    data = bytearray()
    row = b""
    for match in pattern.finditer(head):
        missing = int(match[1], 16) - len(data)
        if 0 < missing <= _EXAMINED and len(row) == _ROW:
            # Rows that are equal to the one before are one asterisk.
            data += row * (missing // _ROW)
        row = _from_digits(match[2].translate(*_WHITE_SPACE))
        data += row
        if len(data) > _EXAMINED:
            break
    return _Decoded(bytes(data))


def _from_digits(digits: bytes) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


_FORMS: tuple[tuple[TextForm, Callable[[bytes], _Decoded | None]], ...] = (
    (TextForm.HEX, _hex),
    (TextForm.XXD, _xxd),
    (TextForm.HEXDUMP, _hexdump),
    (TextForm.UUENCODE, _uuencode),
    (TextForm.BASE64, _base64),
    (TextForm.BASE64_URL, _base64_url),
)
