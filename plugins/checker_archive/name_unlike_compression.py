"""ARC014: a file whose name promises another compression than it has."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive, Source
from checker.model.compression import CompressionKind
from checker.model.tar import AnomalyKind

_ENDINGS = {
    ".gz": CompressionKind.GZIP,
    ".tgz": CompressionKind.GZIP,
    ".taz": CompressionKind.GZIP,
    ".bz2": CompressionKind.BZIP2,
    ".tbz": CompressionKind.BZIP2,
    ".tbz2": CompressionKind.BZIP2,
    ".tb2": CompressionKind.BZIP2,
    ".xz": CompressionKind.XZ,
    ".txz": CompressionKind.XZ,
    ".zst": CompressionKind.ZSTD,
    ".zstd": CompressionKind.ZSTD,
    ".tzst": CompressionKind.ZSTD,
    ".tar": CompressionKind.NONE,
}


class NameUnlikeCompression(Check):
    """The name of the file promises another compression than it has.

    What it means:
        The ending of the file name (`.tar.gz`, `.tzst`, …) stands for a compression, and the file
        is not compressed so. A file that is called `.tar` and is compressed is a note.

    Why it matters:
        Engines go by the first bytes and do not care. People, scripts and web servers go by the
        name: `gunzip` and `tar --gzip` refuse the file, and a server announces the wrong type.
        `docker save -o image.tar.gz` does not compress, and is the usual cause.

    How to fix it:
        Rename the file, or compress it as its name says.

    References:
        - GNU tar manual, "Creating and Reading Compressed Archives": the endings
        - Docker, pkg/archive, DetectCompression: by magic, not by name
    """

    id = "ARC014"
    name = "name-unlike-compression"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Only files have names."""
        if archive.source is not Source.FILE:
            return "the archive has no file name"
        if archive.tar.of_kind(AnomalyKind.NOT_A_TAR) or not archive.size:
            return "the file is no tar"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the ending with the magic."""
        base = archive.path.rpartition("/")[2]
        ending = "." + base.lower().rpartition(".")[2]
        promised = _ENDINGS.get(ending)
        found = archive.compression.kind
        if promised is None or promised is found:
            return
        is_plain = promised is CompressionKind.NONE
        expected = "an uncompressed tar" if is_plain else f"{promised} data"
        actual = "not compressed" if found is CompressionKind.NONE else f"{found} data"
        yield self.finding(
            archive,
            f"the name ends in {ending}, which stands for {expected}, the file is {actual}",
            severity=Severity.NOTE if is_plain else None,
        )
