"""Facts about one JSON document."""

from __future__ import annotations

from checker.records import NamedTuple


class Document(NamedTuple):
    """A JSON document as it is in the archive.

    Attributes:
        raw: The bytes, at most ``Limits.json_size``; if a limit left out items, those of the rest.
        value: The first JSON value; None if there is an error (or the value is ``null``).
        error: Why the bytes are not JSON, in words; None if they are.
        error_offset: Byte offset of the error.
        bom: Whether a byte order mark comes first, which Go's decoder refuses.
        not_utf8: Byte offset of the first byte that is not UTF-8.
        trailing: Byte offset of what follows the first value, white space aside.
        duplicate_keys: JSON pointers of the members whose name an object has more than once.
    """

    raw: bytes
    value: object = None
    error: str | None = None
    error_offset: int | None = None
    bom: bool = False
    not_utf8: int | None = None
    trailing: int | None = None
    duplicate_keys: tuple[str, ...] = ()


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) made of its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
