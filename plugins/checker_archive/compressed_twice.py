"""ARC013: an archive that was compressed twice."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive


class CompressedTwice(Check):
    """The archive is compressed, and compressed once more.

    What it means:
        What comes out of the decompression is itself compressed by gzip, bzip2, xz or zstd, so that
        the tar lies below two compressions.

    Why it matters:
        Docker, containerd and all readers of OCI archives take off one compression and refuse what
        they find: "invalid tar header", "unexpected EOF". Only the docker-archive reader of Podman
        and skopeo goes further.

    How to fix it:
        Take one compression off. `docker save IMAGE | gzip > image.tar.gz`, stored or sent by
        something that compresses again, is the usual cause.

    References:
        - Docker, pkg/archive and moby/go-archive, DecompressStream: one compression, by magic
        - containers/image, docker/internal/tarfile/reader.go
    """

    id = "ARC013"
    name = "compressed-twice"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at what was found inside the first compression."""
        inside = archive.inside
        if inside is None:
            return
        outer, inner = archive.compression.kind, inside.compression.kind
        yield self.finding(
            archive,
            f"the {outer} stream holds {inner} data instead of a tar; only the docker-archive "
            "readers of Podman and skopeo take off a second compression",
            at={"offset": 0},
            fix=f"{outer} -dc FILE > MENDED",
        )
