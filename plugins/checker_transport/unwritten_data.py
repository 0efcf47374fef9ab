"""TRP012: a file that was reserved and not written, or not all of it."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding
from checker.model.damage import Unwritten
from checker_transport.transport import TransportCheck


class UnwrittenData(TransportCheck):
    """The file, or its beginning or end, was reserved but never written.

    What it means:
        All bytes of the file are FF, as in erased flash memory, or the file begins with whole pages
        of zeros that are followed by data, as in a download whose first part is missing. Or it ends
        in zeros from within a layer on, and manifest.json, which comes last, is missing: programs
        that download or copy may reserve the space for the whole file first. A file of nothing but
        zeros is reported by empty-archive (ARC002).

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
        elif damage.member is not None:
            message = (
                f"the file has only zeros from within the layer {damage.member} on, "
                "and no manifest.json or index.json: the end of the archive was not written"
            )
        else:
            message = (
                f"the first {damage.length} bytes of the file are zero, other data follows: the "
                "beginning of the archive was not written"
            )
        yield self.finding(
            archive, message, at={"offset": damage.offset}, fix="download or copy it again"
        )
