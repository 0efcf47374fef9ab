"""What ELF files need to start, as ``checker.reading.elf`` reads it."""

from collections.abc import Callable
from typing import TypeAlias

Found: TypeAlias = tuple[
    int,
    str,
    int,
    int,
    str | None,
    tuple[str, ...] | None,
    str | None,
    str | None,
    str | None,
    str | None,
]
"""Class in bits, byte order and number of the machine; then the fields of ``ElfFile`` after it."""

def read_elf(head: bytes, size: int, read: Callable[[int, int], bytes | None], /) -> Found | None:
    """Read a file of which parts can be had at once.

    Args:
        head: The first bytes of the file: ``HEAD_SIZE`` of them, or more, or all.
        size: Its size in bytes.
        read: Gives at most so many bytes of it from an offset on; None if they are gone.

    Returns:
        What was found; None if it is not an ELF file.

    Raises:
        Exception: What ``read`` raises.
    """
