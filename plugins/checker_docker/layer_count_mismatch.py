"""DKR004: another number of layers in manifest.json than in the config."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Config, Finding, Severity
from checker.model.image import config_of, items, mapping
from checker_docker.manifest_json import Item, items_of, no_manifest_reason


class LayerCountMismatch(Check):
    """manifest.json lists another number of layers than the config.

    What it means:
        `Layers` in `manifest.json` and `rootfs.diff_ids` in the config list the same layers, base
        first, so they are of the same length. Here they are not.

    Why it matters:
        Docker's classic store refuses the image ("layers length mismatch"), so do Podman and
        skopeo ("Inconsistent layer count"). containerd takes the archive and fails when it unpacks
        the image ("number of layers and diffIDs don't match").

    How to fix it:
        Save the image again. If the archive was made by hand, list one path for each diffID; a
        layer that occurs twice is listed twice.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go
    """

    id = "DKR004"
    name = "layer-count-mismatch"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file there is nothing to compare."""
        return no_manifest_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the two lists of each image."""
        for item in items_of(archive):
            blob = archive.members.blob(item.item.config) if item.item.config else None
            config = config_of(blob, item.label)
            layers = item.array("Layers")
            if config is not None and config.diff_ids is not None and layers is not None:
                yield from self._compare(item, config, len(layers))

    def _compare(self, item: Item, config: Config, layers: int) -> Iterator[Finding]:
        rootfs = mapping(mapping(config.document.value).get("rootfs"))
        diff_ids = len(items(rootfs.get("diff_ids")))
        if layers == diff_ids:
            return
        yield self.finding(
            item.item,
            f"{item.label} lists {_count(layers, 'layer')}, rootfs.diff_ids of its config "
            f"{item.item.config} lists {_count(diff_ids, 'diffID')}",
            at={"pointer": item.pointer("Layers")},
            related=[config.blob.location._replace(pointer="/rootfs/diff_ids")],
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
