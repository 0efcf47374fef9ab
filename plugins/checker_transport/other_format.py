"""TRP010: a file of another format."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import OtherFormat as Other
from checker_transport.transport import TransportCheck, quote


class OtherFormat(TransportCheck):
    """The file has a format that engines do not read.

    What it means:
        The first bytes identify another format: a zip, 7-Zip or RAR file, a cpio archive, a
        package, a file system or disk image, an executable, a database, or a compression that
        engines do not support. The message names it and the program that reads it.

    Why it matters:
        Engines read tar, uncompressed or compressed with gzip, bzip2, xz or zstd, and refuse
        everything else.

    How to fix it:
        Unpack the file with the program that the message names. If it contains an image archive,
        check that; if it contains a root filesystem, create a tar of it:

            tar -C DIRECTORY -cf rootfs.tar .

    References:
        - Docker, pkg/archive, DetectCompression: the signatures that engines know
    """

    id = "TRP010"
    name = "other-format"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a format that is not encrypted."""
        damage = archive.damage
        if not isinstance(damage, Other) or damage.format.is_encrypted:
            return
        found = damage.format
        detail = f" (first file: {quote(damage.detail)})" if damage.detail else ""
        fix = None
        if found.command is not None:
            fix = Fix(f"unpack it with {found.reader}", Command(found.command))
        yield self.finding(
            archive,
            f"the file is {found.name}{detail}, which engines do not read; its reader is "
            f"{found.reader}",
            at={"offset": 0},
            fix=fix,
        )
