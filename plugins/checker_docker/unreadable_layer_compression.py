"""DKR017: a layer in a compression format that some engines cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Compression, CompressionKind, Finding, Severity
from checker_docker.manifest_json import CONTAINERD, ManifestJsonCheck, items_of


class UnreadableLayerCompression(ManifestJsonCheck):
    """A layer is compressed with a format that some engines cannot read.

    What it means:
        A layer that `manifest.json` lists is compressed with zstd, xz or bzip2. Docker writes
        uncompressed layers there, other tools use gzip.

    Why it matters:
        containerd, and Docker with the containerd image store, treat xz and bzip2 as an
        uncompressed tar and cannot unpack the image; Docker's classic store requires the program
        `xz` on the host. These are errors, as is zstd that begins with a skippable frame, which
        Podman and skopeo do not recognize. Other zstd is a note: only Docker 20.10 and older cannot
        read it.

    How to fix it:
        Compress the layers with gzip, or store them uncompressed, as skopeo does:

            skopeo copy docker-archive:in.tar docker-archive:out.tar

    References:
        - Docker, pkg/archive, DetectCompression; zstd since 23.0
        - containerd, core/images/archive/importer.go: gzip and zstd are detected
        - containers/image, pkg/compression: the magic numbers
    """

    id = "DKR017"
    name = "unreadable-layer-compression"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the layers of each image, each file once."""
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
                        f"{item.label}: layer {i}, {path}, is compressed with {problem[0]}",
                        at={"pointer": f"{item.pointer('Layers')}/{i}", "layer": i},
                        related=[blob.location],
                        severity=problem[1],
                    )


def _problem(compression: Compression) -> tuple[str, Severity] | None:
    kind = compression.kind
    if kind in (CompressionKind.XZ, CompressionKind.BZIP2):
        return f"{kind}, which {CONTAINERD} cannot unpack", Severity.ERROR
    if kind is not CompressionKind.ZSTD:
        return None
    if compression.skippable_first:
        words = "zstd that begins with a skippable frame; Podman and skopeo do not recognize it"
        return words, Severity.ERROR
    return "zstd, which Docker 20.10 and older cannot read", Severity.NOTE
