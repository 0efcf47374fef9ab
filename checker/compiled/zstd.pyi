"""Decompression with zstd that hardly ever takes the interpreter from other threads."""

from os import PathLike
from typing import final

from typing_extensions import Buffer

@final
class Library:
    """The functions of libzstd.

    Args:
        file: A shared library, or an extension module, that has them.

    Raises:
        ImportError: It does not, or cannot be loaded.
    """

    def __new__(cls, file: str | PathLike[str]) -> Library: ...

@final
class Decompressor:
    """As ``ZstdDecompressor`` of ``compression.zstd``, for one frame.

    Args:
        library: What decompresses.
        window_log_max: The largest window that is allowed: the power of two of its bytes.
    """

    def __new__(cls, library: Library, window_log_max: int) -> Decompressor: ...
    def decompress(self, data: Buffer, max_length: int) -> bytes:
        """Decompress the next bytes.

        Args:
            data: They follow those that were not used yet.
            max_length: At most so many bytes are given.

        Raises:
            EOFError: The frame was at its end.
            ValueError: The data is corrupt, or needs more memory than is allowed.
            RuntimeError: Another thread is using it.
        """

    @property
    def eof(self) -> bool:
        """Whether the frame is at its end."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more can be had without further data."""

    @property
    def unused_data(self) -> bytes:
        """What follows the frame, once it is at its end."""

@final
class Inflating:
    """Decompresses all frames of a stretch of a file, while another thread takes what comes out.

    Of what comes out, 32 MiB wait at most.

    Args:
        library: What decompresses.
        file: The descriptor of the file.
        offset: Where the stretch begins, in bytes.
        length: Its bytes.
        window_log_max: The largest window that is allowed: the power of two of its bytes.
        bounds: It ends early where more bytes come out for each that goes in (once so many bytes
            came out), or more bytes at all, or where there are more frames (besides one for each
            100 bytes).
    """

    def __new__(
        cls,
        library: Library,
        file: int,
        offset: int,
        length: int,
        window_log_max: int,
        bounds: tuple[int, int, int, int],
    ) -> Inflating: ...
    def run(self) -> None:
        """Decompress all; once.

        Raises:
            MemoryError: There is not enough memory.
            ValueError: The window is larger than any that the library knows.
            RuntimeError: It has run.
        """

    def take(self) -> bytes | None:
        """The next MiB that comes out, when it is there; None at the end.

        Raises:
            ValueError: It ended early.
        """

    def close(self) -> None:
        """End early."""

    @property
    def taken(self) -> int:
        """Bytes of the stretch that are decompressed."""

    @property
    def streams(self) -> int:
        """Frames that are decompressed, skippable ones included."""
