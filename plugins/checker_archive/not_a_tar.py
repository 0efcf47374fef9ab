"""ARC001: a file that is no tar."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.lookalike import looks_like
from checker.model.archive import Archive
from checker.model.compression import CompressionKind
from checker.model.tar import AnomalyKind
from checker_archive._outer import folder_reason, is_read_to_end

_BLOCK = 512


class NotATar(Check):
    """The file is neither a tar nor a compressed tar.

    What it means:
        A container archive is a tar, plain or compressed by gzip, bzip2, xz or zstd. The first 512
        bytes here, after decompression, are no tar header. The message says what they look like
        instead, where a signature tells.

    Why it matters:
        No engine takes the file. Often it is not what it is thought to be: an error page that a
        download saved, a zip around the archive, a Git LFS pointer.

    How to fix it:
        Look at what the message calls it, and fetch, unpack or write the archive again.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format"
        - Go archive/tar, reader.go, Next: "invalid tar header"
    """

    id = "ARC001"
    name = "not-a-tar"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder is no tar by nature."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the first header."""
        if archive.inside is not None:
            # Compressed twice is another rule's.
            return
        for anomaly in archive.tar.of_kind(AnomalyKind.NOT_A_TAR):
            if archive.tar.size < _BLOCK and not is_read_to_end(archive):
                # The rest of the first header never came out of the decompressor.
                return
            yield self.finding(
                archive,
                f"{_what(archive)}: {anomaly.detail}{_resemblance(archive)}",
                at={"offset": anomaly.offset},
            )


def _what(archive: Archive) -> str:
    kind = archive.compression.kind
    if kind is CompressionKind.NONE:
        return "the file is no tar and not compressed in a way that engines know"
    return f"what the {kind} stream holds is no tar"


def _resemblance(archive: Archive) -> str:
    words = looks_like(archive.tar.head)
    return f"; it looks like {words}" if words else ""
