"""DKR004: different numbers of layers in manifest.json and in the config."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Config, Finding, Severity
from checker.model.image import config_of, items, mapping
from checker_docker.manifest_json import Item, ManifestJsonCheck, items_of


class LayerCountMismatch(ManifestJsonCheck):
    """manifest.json and the config list different numbers of layers.

    What it means:
        `Layers` in `manifest.json` and `rootfs.diff_ids` in the config list the same layers, base
        layer first, so they must have the same length. Here they do not.

    Why it matters:
        Docker's classic store rejects the image ("layers length mismatch"), as do Podman and skopeo
        ("Inconsistent layer count"). containerd accepts the archive and fails when it unpacks the
        image ("number of layers and diffIDs don't match").

    How to fix it:
        Save the image again. If the archive was created by hand, list one path for each diffID; a
        layer that is used twice is listed twice:

            manifest.json:  "Layers": ["base.tar", "app.tar"]
            config:         "diff_ids": ["sha256:aa…", "sha256:bb…"]

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go
    """

    id = "DKR004"
    name = "layer-count-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

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
            f"{item.item.config} lists {_count(diff_ids, 'diffID')}; engines that read "
            "manifest.json reject the image or cannot unpack it",
            at={"pointer": item.pointer("Layers")},
            related=[config.blob.location._replace(pointer="/rootfs/diff_ids")],
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
