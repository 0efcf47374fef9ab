"""Decompression of a zstd frame that hardly ever takes the interpreter from other threads.

Importing it raises ``ImportError`` where the functions of libzstd cannot be found in the module of
Python, or of ``backports.zstd``, that has them.
"""

from typing import final

from typing_extensions import Buffer

@final
class Decompressor:
    """As ``ZstdDecompressor`` of ``compression.zstd``, for one frame.

    Args:
        window_log_max: The largest window that is allowed: the power of two of its bytes.
    """

    def __new__(cls, window_log_max: int) -> Decompressor: ...
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
