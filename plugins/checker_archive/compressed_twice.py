"""ARC013: an archive that was compressed twice."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Command, Finding, Fix, Severity


class CompressedTwice(Check):
    """The archive is compressed twice.

    What it means:
        The decompressed data is itself compressed with gzip, bzip2, xz or zstd. The tar is inside
        the second compression.

    Why it matters:
        Docker, containerd and all readers of OCI archives decompress once and reject the result:
        "invalid tar header", "unexpected EOF". Only the docker-archive reader of Podman and skopeo
        decompresses twice.

    How to fix it:
        Remove one compression. The usual cause is an archive that is compressed when it is saved
        and again when it is stored or transferred:

            docker save app:1 | gzip > image.tar.gz    # one compression
            gzip -dc image.tar.gz.gz > image.tar.gz    # removes the second one

    References:
        - Docker, pkg/archive and moby/go-archive, DecompressStream: one compression, by magic
        - containers/image, docker/internal/tarfile/reader.go
    """

    id = "ARC013"
    name = "compressed-twice"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at what was found inside the first compression."""
        inside = archive.inside
        if inside is None:
            return
        outer, inner = archive.compression.kind, inside.compression.kind
        yield self.finding(
            archive,
            f"the {outer} stream contains {inner} data instead of a tar; only the docker-archive "
            "readers of Podman and skopeo decompress twice",
            at={"offset": 0},
            fix=Fix("remove the outer compression", Command(f"{outer} -dc FILE > FIXED")),
        )
