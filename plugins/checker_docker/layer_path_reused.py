"""DKR010: one path for two different layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Config, Finding, Severity
from checker.model.entries import clean_path
from checker.model.image import config_of
from checker_docker.manifest_json import Item, ManifestJsonCheck, items_of


class LayerPathReused(ManifestJsonCheck):
    """manifest.json lists one file for two different layers.

    What it means:
        Two layers have different diffIDs in the config, but the same path in `Layers`. One file
        cannot contain both. A layer that is used twice has the same diffID twice and is not
        reported.

    Why it matters:
        Podman and skopeo reject the archive when they open it; Docker and containerd when they find
        that the content of one of the layers does not match the config.

    How to fix it:
        Save the image again. If the archive was created by hand, list the correct file for each
        layer.

    References:
        - containers/image, docker/internal/tarfile/src.go: one path, one diffID
        - Docker image specification v1.2, "Image JSON Description", rootfs
    """

    id = "DKR010"
    name = "layer-path-reused"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for repeated paths."""
        for item in items_of(archive):
            blob = archive.members.blob(item.item.config) if item.item.config else None
            config = config_of(blob, item.label)
            if config is not None and config.diff_ids is not None:
                yield from self._compare(item, config, config.diff_ids)

    def _compare(self, item: Item, config: Config, diff_ids: tuple[str, ...]) -> Iterator[Finding]:
        first: dict[str, int] = {}
        pairs = zip(item.array("Layers") or (), diff_ids, strict=False)
        for i, (path, diff_id) in enumerate(pairs):
            if not isinstance(path, str) or not path:
                continue
            earlier = first.setdefault(clean_path(path), i)
            if diff_ids[earlier] == diff_id:
                continue
            yield self.finding(
                item.item,
                f"{item.label}: layers {earlier} and {i} are both {path}, but their diffIDs in the "
                f"config are {diff_ids[earlier]} and {diff_id}; engines that read manifest.json "
                "reject the image",
                at={"pointer": f"{item.pointer('Layers')}/{i}", "layer": i},
                related=[config.blob.location._replace(pointer=f"/rootfs/diff_ids/{i}")],
            )
