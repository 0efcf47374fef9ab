"""ARC015: a zstd archive that begins with a skippable frame."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Command, Finding, Fix, Severity


class SkippableFrameFirst(Check):
    """The zstd stream begins with a skippable frame.

    What it means:
        A zstd stream may begin with a frame that contains metadata for tools instead of data, as
        written by pzstd. Its first bytes differ from those of a data frame.

    Why it matters:
        Podman, skopeo and crane detect zstd only by the magic number of a data frame. They treat
        such a file as an uncompressed tar and reject it: "invalid tar header". Docker since 23.0
        and containerd detect it; Docker 20.10 does not support zstd.

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
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the first frame of the archive."""
        if archive.compression.skippable_first:
            yield self.finding(
                archive,
                "the zstd stream begins with a skippable frame; Podman and skopeo do not recognize "
                "it and reject the archive, Docker since 23.0 and containerd accept it",
                at={"offset": 0},
                fix=Fix("compress it again", Command("zstd -dc FILE | zstd > FIXED")),
            )
