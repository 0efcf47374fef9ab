"""What bytes that are no tar look like, told from their first few, for messages."""

from __future__ import annotations

_MAGICS = (
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"\x7fELF", "an ELF executable"),
    (b"MZ", "a Windows executable"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\x5d\x00\x00", "an lzma stream, the format before xz"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file"),
    (b"Rar!", "a RAR file"),
    (b"070701", "a cpio archive"),
    (b"070702", "a cpio archive"),
    (b"070707", "a cpio archive"),
    (b"\xc7\x71", "a cpio archive"),
    (b"\x71\xc7", "a cpio archive"),
    (b"!<arch>\n", "an ar archive, such as a Debian package"),
    (b"hsqs", "a SquashFS image"),
    (b"QFI\xfb", "a QCOW2 disk image"),
    (b"\xed\xab\xee\xdb", "an RPM package"),
    (b"%PDF", "a PDF document"),
    (b"#!", "a script"),
    (b"\xff\xfe", "text in UTF-16, as PowerShell's > makes of any output; docker save -o does not"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"Salted__", "a file that OpenSSL encrypted"),
    (b"age-encryption.org/", "a file that age encrypted"),
    (b"-----BEGIN PGP", "a message of OpenPGP"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file that it stands for"),
)
_HTML = (b"<!doctype html", b"<html")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")
_SPACE = 0x20
_DELETE = 0x7F


def looks_like(head: bytes) -> str | None:
    """What the first bytes of something (512 are enough) look like, in words; None if unknown."""
    for magic, words in _MAGICS:
        if head.startswith(magic):
            return words
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.lower().startswith(_HTML):
        return "an HTML page, such as a server's error or login page"
    if start.startswith((b"<?xml", b"<Error")):
        return "an XML document, such as a storage service's error"
    if start.startswith((b"{", b"[")):
        return "a JSON document, such as a registry's error"
    if not head.strip(b"\0"):
        return "nothing but zeros" if head else None
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
