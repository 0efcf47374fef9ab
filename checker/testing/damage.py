"""Damage that archives suffer in transport, as functions from bytes to bytes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

_XXD_WIDTH = 16
_UU_WIDTH = 45
_PEM_WIDTH = 64
_MARKED = bytes(byte if byte < 0x80 else ord("?") for byte in range(256))
_STRIPPED = bytes(byte & 0x7F for byte in range(256))


def lf_to_crlf(data: bytes) -> bytes:
    """As a terminal writes it: a CR before each LF."""
    return data.replace(b"\n", b"\r\n")


def unix2dos(data: bytes) -> bytes:
    """As unix2dos writes it: a CR before each LF that has none."""
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def crlf_to_lf(data: bytes) -> bytes:
    """As dos2unix writes it."""
    return data.replace(b"\r\n", b"\n")


def utf_16(data: bytes) -> bytes:
    """As the > operator of Windows PowerShell 5 writes it, on a system with code page 437."""
    text = data.decode("cp437").replace("\r\n", "\n").replace("\n", "\r\n")
    return b"\xff\xfe" + text.encode("utf-16-le")


def utf_8(data: bytes) -> bytes:
    """As a program writes it that takes each byte for the character with its number."""
    return data.decode("latin-1").encode()


def replaced(data: bytes) -> bytes:
    """As a program writes it that decodes UTF-8 and replaces what is not valid."""
    return data.decode("utf-8", "replace").encode()


def powershell_7(data: bytes) -> bytes:
    """As the > operator of PowerShell 7.0 to 7.3 writes it."""
    return unix2dos(replaced(data))


def ascii_marks(data: bytes) -> bytes:
    """As Out-File -Encoding ascii of PowerShell writes it."""
    return unix2dos(data.translate(_MARKED))


def seven_bits(data: bytes) -> bytes:
    """As a channel of seven bits transfers it."""
    return data.translate(_STRIPPED)


def base64_lines(data: bytes) -> bytes:
    """As base64(1) writes it."""
    return base64.encodebytes(data)


def base64_url(data: bytes) -> bytes:
    """With the alphabet for URLs, in one line without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def data_url(data: bytes) -> bytes:
    """As a web page embeds it."""
    return b"data:application/x-tar;base64," + base64.b64encode(data)


def pem(data: bytes) -> bytes:
    """As certutil -encode writes it, with CR LF."""
    packed = base64.b64encode(data).decode("ascii")
    lines = [packed[at : at + _PEM_WIDTH] for at in range(0, len(packed), _PEM_WIDTH)]
    block = ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]
    return "\r\n".join(block).encode("ascii")


def uuencode(data: bytes) -> bytes:
    """Lines of up to 45 bytes, after one with mode and name."""
    lines = (binascii.b2a_uu(data[at : at + _UU_WIDTH]) for at in range(0, len(data), _UU_WIDTH))
    return b"begin 644 image.tar\n" + b"".join(lines) + b"`\nend\n"


def hex_digits(data: bytes) -> bytes:
    """Digits alone, 60 a line."""
    digits = data.hex()
    return "\n".join(digits[at : at + 60] for at in range(0, len(digits), 60)).encode("ascii")


def xxd(data: bytes) -> bytes:
    """The default format of the program of this name."""
    return "".join(_xxd_lines(data)).encode("ascii")


def _xxd_lines(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), _XXD_WIDTH):
        row = data[at : at + _XXD_WIDTH]
        yield f"{at:08x}: {row.hex(' ', 2):<39}  {_visible(row)}\n"


def hexdump(data: bytes) -> bytes:
    """As hexdump -C writes it, equal lines as an asterisk."""
    return "".join(_hexdump_lines(data)).encode("ascii")


def _hexdump_lines(data: bytes) -> Iterator[str]:
    last: bytes | None = None
    starred = False
    for at in range(0, len(data), _XXD_WIDTH):
        row = data[at : at + _XXD_WIDTH]
        if row != last:
            digits = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
            yield f"{at:08x}  {digits:<48}  |{_visible(row)}|\n"
        elif not starred:
            yield "*\n"
        starred = row == last
        last = row
    yield f"{len(data):08x}\n"


def _visible(row: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "lf-to-crlf": lf_to_crlf,
        "unix2dos": unix2dos,
        "crlf-to-lf": crlf_to_lf,
        "utf-16": utf_16,
        "utf-8": utf_8,
        "replaced": replaced,
        "powershell-7": powershell_7,
        "ascii-marks": ascii_marks,
        "seven-bits": seven_bits,
        "base64": base64_lines,
        "base64-url": base64_url,
        "data-url": data_url,
        "pem": pem,
        "uuencode": uuencode,
        "hex": hex_digits,
        "xxd": xxd,
        "hexdump": hexdump,
    }
)
"""The damages by the name that case files use."""
