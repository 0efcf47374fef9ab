"""DKR017: a layer in a compression that some engines cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.compression import Compression, CompressionKind
from checker_docker.manifest_json import items_of, no_manifest_reason


class UnreadableLayerCompression(Check):
    """A layer is compressed in a way that some engines cannot read.

    What it means:
        A layer that `manifest.json` lists is compressed by zstd, xz or bzip2. Docker writes plain
        tars there, other tools gzip.

    Why it matters:
        containerd, and Docker with its store, take xz and bzip2 for an uncompressed tar and cannot
        unpack the image; Docker's classic store needs the program `xz` on its host. These are
        errors, as is zstd with a skippable frame in front, which Podman and skopeo do not know.
        Plain zstd is a note: all but Docker 20.10 and older read it.

    How to fix it:
        Compress the layers by gzip or not at all: `skopeo copy docker-archive:IN
        docker-archive:OUT` stores them plain.

    References:
        - Docker, pkg/archive, DetectCompression; zstd since 23.0
        - containerd, core/images/archive/importer.go: gzip and zstd are detected
        - containers/image, pkg/compression: the magic numbers
    """

    id = "DKR017"
    name = "unreadable-layer-compression"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file no layers are listed."""
        return no_manifest_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the layers of each image, at each file once."""
        seen: set[int] = set()
        for item in items_of(archive):
            for i, path in enumerate(item.array("Layers") or ()):
                blob = archive.members.blob(path) if isinstance(path, str) and path else None
                if blob is None or blob.position in seen:
                    continue
                seen.add(blob.position)
                problem = _problem(blob.compression)
                if problem is not None:
                    yield self.finding(
                        item.item,
                        f"{item.label}: its layer {i}, {path}, is compressed by {problem[0]}",
                        at={"pointer": f"{item.pointer('Layers')}/{i}", "layer": i},
                        related=[blob.location],
                        severity=problem[1],
                    )


def _problem(compression: Compression) -> tuple[str, Severity] | None:
    kind = compression.kind
    if kind in (CompressionKind.XZ, CompressionKind.BZIP2):
        words = f"{kind}, which containerd and Docker with its store cannot unpack"
        return words, Severity.ERROR
    if kind is not CompressionKind.ZSTD:
        return None
    if compression.skippable_first:
        words = "zstd with a skippable frame in front, which Podman and skopeo do not recognise"
        return words, Severity.ERROR
    return "zstd, which Docker 20.10 and older cannot read", Severity.NOTE
