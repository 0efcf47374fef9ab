"""RFS006: whiteout files in a flat root filesystem."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checker import Archive, Check, Entry, Finding, Rootfs, Severity
from checker_rootfs.scopes import FLAT_ROOTS

_RELATED = 10


class WhiteoutInFlatRootfs(Check):
    """A flat root filesystem contains whiteout files.

    What it means:
        In a layer, a file whose name begins with ``.wh.`` hides a path of the lower layers. This
        archive is not an image but one flat tree, in which whiteouts have no meaning: it is a
        single layer of an image, or was made from a storage directory of aufs.

    Why it matters:
        ``docker import`` and ``podman import`` treat the tree as a layer: they apply these files
        and drop them, so the imported image does not contain what the archive contains. And a
        single layer is not a complete root filesystem: the content of the lower layers is missing.

    How to fix it:
        Export the complete root filesystem, or save the image. If the tree is intended, delete the
        ``.wh.`` files before it is packed.

            docker export CONTAINER -o rootfs.tar
            docker save IMAGE -o image.tar

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - Docker Engine 28, pkg/archive, UnpackLayer
    """

    id = "RFS006"
    name = "whiteout-in-flat-rootfs"
    severity = Severity.WARNING
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive is not a flat root filesystem."""
        return FLAT_ROOTS.skip_reason(archive)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report the whiteouts of a flat root in one finding."""
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
        files = "1 whiteout file," if count == 1 else f"{count} whiteout files, the first is"
        return self.finding(
            rootfs,
            f"the root filesystem contains {files} {first.path}; an import applies and drops such "
            "files, and the lower layers that they refer to are not in the archive",
            at={"member": first.name, "path": first.path, "offset": first.offset},
            related=(
                rootfs.location._replace(member=entry.name, path=entry.path, offset=entry.offset)
                for entry in islice(shown, 1, None)
            ),
        )
