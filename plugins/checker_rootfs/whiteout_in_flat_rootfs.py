"""RFS006: whiteout files in an archive that an engine would import as one root filesystem."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import Entry
from checker.model.rootfs import Rootfs

_RELATED = 10


class WhiteoutInFlatRootfs(Check):
    """A flat root filesystem holds whiteout files.

    What it means:
        Files whose names begin with ``.wh.`` mark, in a layer, what is to be taken away from the
        layers below. This archive is no image but one flat tree, in which they have nothing to
        take away: it is a single layer of an image, or was made of a storage directory of aufs.

    Why it matters:
        ``docker import`` and ``podman import`` treat the tree as a layer: they act on these
        files and drop them, so that the imported image does not hold what the archive holds. And
        a layer alone is not the whole root: what lies in the layers below it is missing.

    How to fix it:
        Export the whole root (``docker export CONTAINER``), or keep the image as an image
        (``docker save IMAGE``). If the tree is meant as it is, delete the ``.wh.`` files before it
        is packed.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - Docker Engine 28, pkg/archive, UnpackLayer
    """

    id = "RFS006"
    name = "whiteout-in-flat-rootfs"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """In the layers of images whiteouts are in their place."""
        return None if archive.rootfs is not None else "the archive is no flat root filesystem"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report the whiteouts of a flat root, all at once."""
        if rootfs.image is not None:
            return
        for layer in rootfs.layers:
            entries = layer.entries
            positions = sorted(entries.by_path[path] for path in entries.whiteouts)
            if positions:
                yield self._report(
                    rootfs, len(positions), [entries[i] for i in positions[:_RELATED]]
                )

    def _report(self, rootfs: Rootfs, count: int, shown: list[Entry]) -> Finding:
        first = shown[0]
        files = "1 whiteout file" if count == 1 else f"{count} whiteout files, the first"
        return self.finding(
            rootfs,
            f"a flat root filesystem with {files} {first.path}: an import acts on it and drops it, "
            "and what it stands for is not in the archive",
            at={"member": first.name, "path": first.path, "offset": first.offset},
            related=(
                rootfs.location._replace(member=entry.name, path=entry.path, offset=entry.offset)
                for entry in islice(shown, 1, None)
            ),
        )
