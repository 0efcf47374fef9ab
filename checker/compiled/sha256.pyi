"""SHA-256 of two streams at once, where they are the same bytes for a part of their way.

Importing it raises ``ImportError`` where the processor has no instructions for SHA-256.
"""

from typing import final

from typing_extensions import Buffer

@final
class Sha256:
    """A hash that is updated as those of ``hashlib`` are."""

    def __new__(cls) -> Sha256: ...
    def update(self, data: Buffer, /) -> None:
        """Hash the next bytes.

        Raises:
            RuntimeError: Another thread is updating it.
        """

    def hexdigest(self) -> str:
        """The digest of the bytes so far, in hexadecimal.

        Raises:
            RuntimeError: Another thread is updating it.
        """

def update_both(one: Sha256, other: Sha256, data: Buffer, /) -> None:
    """Hash the next bytes of two hashes.

    This takes as long as one of them, if what both have hashed before has whole blocks of 64 bytes.

    Raises:
        RuntimeError: Another thread is updating one of them.
        ValueError: Both are the same hash.
    """
