"""Plain headers of a tar that follow one another, as columns."""

from collections.abc import Callable
from typing import Self, TypeAlias

Columns: TypeAlias = tuple[
    bytes,
    dict[int, bytes],
    bytes,
    bytes,
    bytes,
    bytes,
    bytes,
    bytes,
    bytes,
    list[str],
    bytes,
    list[int],
    list[int],
    dict[int, dict[str, bytes]],
    int,
]
"""The columns of ``PlainRows`` in their order; those of numbers as arrays keep them."""

Room: TypeAlias = tuple[int, int, int]
"""``table.Room``."""

class Reader:
    """Reads plain headers.

    Args:
        named: Last parts of the paths of files whose content is meant.
        below: Directories whose files are meant.
        executables: Whether executables are meant.
        libraries: Whether executables and shared libraries are meant.
        hashed: Last parts of the paths of files that rows end with.
        texts: The smallest and largest size of text files that are told; 0 if none are.
        system: Directories at the top whose files are not told as text files,
        applications: except those in these.
        longest: Bytes of a PAX header, at most.
        enough: After so many rows it does not read on.
        reach: Nor so many bytes behind the first header.
        window: So many bytes it asks for.
    """

    def __new__(
        cls,
        *,
        named: tuple[bytes, ...],
        below: tuple[bytes, ...],
        executables: bool,
        libraries: bool,
        hashed: tuple[bytes, ...],
        texts: tuple[int, int],
        system: tuple[bytes, ...],
        applications: tuple[bytes, ...],
        longest: int,
        enough: int,
        reach: int,
        window: int,
    ) -> Self: ...
    def read(
        self,
        data: bytes,
        position: int,
        offset: int,
        room: Room,
        read_on: Callable[[int, int], bytes] | None,
        /,
    ) -> Columns | None:
        """Read plain headers that follow one another.

        Args:
            data: A part of the tar.
            position: Where in it a header is.
            offset: Byte offset of the part in the tar.
            room: What there is room for in the table.
            read_on: Gives at most so many bytes from an offset in the tar on; none at its end.

        Returns:
            The columns; None if the first header is not plain.

        Raises:
            Exception: What ``read_on`` raises.
        """
