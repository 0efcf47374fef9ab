"""File formats that are often taken for a tar, recognized by their first bytes, for messages."""

from __future__ import annotations

from checker.model.formats import find_format

# Formats that are in the right place elsewhere, and texts.
_MAGICS = (
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"#!", "a script"),
    (b"\xff\xfe", "UTF-16 text, as written by PowerShell's > operator; use docker save -o instead"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"version https://git-lfs", "a Git LFS pointer instead of the file itself"),
)
_HTML = (b"<!doctype html", b"<html")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")
_SPACE = 0x20
_DELETE = 0x7F


def looks_like(head: bytes) -> str | None:
    """The format that the first bytes resemble (512 are enough), in words; None if unknown."""
    for magic, words in _MAGICS:
        if head.startswith(magic):
            return words
    known = find_format(head)
    if known is not None:
        return known.name
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.lower().startswith(_HTML):
        return "an HTML page, such as the error or login page of a server"
    if start.startswith((b"<?xml", b"<Error")):
        return "an XML document, such as an error message of a storage service"
    if start.startswith((b"{", b"[")):
        return "a JSON document, such as an error message of a registry"
    if not head.strip(b"\0"):
        return "a sequence of zero bytes" if head else None
    return "text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    return all(
        byte in _TEXT_CONTROLS or (byte >= _SPACE and byte != _DELETE) for byte in head
    ) and _is_utf8(head)


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut at the end.
        return error.start > len(head) - 4
    return True
