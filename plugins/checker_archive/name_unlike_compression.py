"""ARC014: a file whose name suggests another compression than it has."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Check, CompressionKind, Finding, Severity, Source

_EXTENSIONS = {
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
    """The file name suggests another compression than the file has.

    What it means:
        The extension of the file name (`.tar.gz`, `.tzst`, …) stands for a compression, but the
        file is not compressed with it. A compressed file with the extension `.tar` is a note.

    Why it matters:
        Engines detect the compression from the first bytes. People, scripts and web servers rely on
        the name: `gunzip` and `tar --gzip` reject the file, and a server announces the wrong type.

    How to fix it:
        Rename the file, or compress it as its name says. The usual cause is that `docker save` does
        not compress:

            docker save -o image.tar.gz app:1          # an uncompressed tar
            docker save app:1 | gzip > image.tar.gz

    References:
        - GNU tar manual, "Creating and Reading Compressed Archives": the extensions
        - Docker, pkg/archive, DetectCompression: by magic, not by name
    """

    id = "ARC014"
    name = "name-unlike-compression"
    severity = Severity.WARNING
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive does not have a file name, or is not a tar."""
        if archive.source is not Source.FILE:
            return "the archive does not have a file name"
        if archive.tar.of_kind(AnomalyKind.NOT_A_TAR) or not archive.size:
            return "the file is not a tar"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the extension with the magic number."""
        base = archive.path.rpartition("/")[2]
        extension = "." + base.lower().rpartition(".")[2]
        expected = _EXTENSIONS.get(extension)
        found = archive.compression.kind
        if expected is None or expected is found:
            return
        is_plain = expected is CompressionKind.NONE
        meaning = "an uncompressed tar" if is_plain else f"{expected} data"
        actual = "not compressed" if found is CompressionKind.NONE else f"{found} data"
        yield self.finding(
            archive,
            f"the file name ends in {extension}, which stands for {meaning}, but the file is "
            f"{actual}",
            severity=Severity.NOTE if is_plain else None,
        )
