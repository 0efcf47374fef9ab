"""ARC015: a zstd archive that begins with a skippable frame."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive


class SkippableFrameFirst(Check):
    """The zstd stream begins with a skippable frame.

    What it means:
        A zstd stream may begin with a frame that holds no data, only something for tools, as pzstd
        writes it. Its first bytes are others than those of a frame with data.

    Why it matters:
        Podman, skopeo and crane know zstd by the magic of a data frame alone, take such a file for
        an uncompressed tar and refuse it: "invalid tar header". Docker since 23 and containerd do
        recognise it; Docker 20.10 knows no zstd at all.

    How to fix it:
        Compress the archive with `zstd`.

    References:
        - RFC 8878, section 3.1.2, "Skippable Frames"
        - containers/storage, pkg/archive, and containers/image, pkg/compression: the magic numbers
        - moby/go-archive, compression, and containerd, pkg/archive/compression: zstd with skippable
    """

    id = "ARC015"
    name = "skippable-frame-first"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the first frame of the archive."""
        if archive.compression.skippable_first:
            yield self.finding(
                archive,
                "the zstd stream begins with a skippable frame; Podman and skopeo do not recognise "
                "it and refuse the archive, Docker since 23 and containerd take it",
                at={"offset": 0},
                fix="zstd -dc FILE | zstd > MENDED",
            )
