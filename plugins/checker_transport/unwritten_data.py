"""TRP012: a file that was reserved and not written."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding
from checker.model.damage import Unwritten
from checker_transport.transport import TransportCheck


class UnwrittenData(TransportCheck):
    """The file, or its beginning, was reserved but never written.

    What it means:
        All bytes of the file are FF, as in erased flash memory, or the file begins with whole pages
        of zeros that are followed by data, as in a download whose first part is missing. A file of
        nothing but zeros is reported by empty-archive (ARC002).

    Why it matters:
        The data is not in the file. Engines refuse it, or take the zeros for the end of an archive
        without members.

    How to fix it:
        Download or copy the file again. Compare its checksum with the original afterwards.

    References:
        - POSIX.1-2017, lseek: a hole in a file reads as zeros
    """

    id = "TRP012"
    name = "unwritten-data"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a stretch that was not written."""
        damage = archive.damage
        if not isinstance(damage, Unwritten):
            return
        if damage.is_whole:
            message = f"the file consists of bytes 0x{damage.byte:02x} only, it has no content"
        else:
            message = (
                f"the first {damage.length} bytes of the file are zero, other data follows: the "
                "beginning of the archive was not written"
            )
        yield self.finding(archive, message, at={"offset": 0}, fix="download or copy it again")
