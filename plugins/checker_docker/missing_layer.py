"""DKR003: a layer that manifest.json references and that is not in the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import climbs_out
from checker.model.image import mapping, strings
from checker_docker.manifest_json import (
    Item,
    WholeManifestJsonCheck,
    items_of,
    spelling,
    what_is_at,
)


class MissingLayer(WholeManifestJsonCheck):
    """A layer that manifest.json references is not in the archive.

    What it means:
        `Layers` of an image in `manifest.json` contains paths of files in the archive. The archive
        does not contain a file at one of them, also not through links.

    Why it matters:
        Engines reject the image: "no such file or directory", "layer … not found", "Some layer
        tarfiles are missing in the tarball". This includes foreign layers, such as those of
        Windows: engines do not download them when they load an archive. Docker does not need the
        file of a layer that it already has, so the archive may load on the machine where it was
        created and fail on all others.

    How to fix it:
        Save the image again. For foreign layers, set `"allow-nondistributable-artifacts"` for the
        registry and pull the image before saving it, or load the image from a registry.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go
    """

    id = "DKR003"
    name = "missing-layer"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look up the layers."""
        for item in items_of(archive):
            seen: set[str] = set()
            for i, path in enumerate(item.array("Layers") or ()):
                if isinstance(path, str) and path and path not in seen:
                    seen.add(path)
                    yield from self._layer(archive, item, i, path)

    def _layer(self, archive: Archive, item: Item, i: int, path: str) -> Iterator[Finding]:
        problem = what_is_at(archive, path)
        if problem is None or climbs_out(path):
            # A path that points outside is reported by another rule.
            return
        urls = _urls(archive, item, i)
        foreign = f"; it is a foreign layer, available from {urls[0]}" if urls else ""
        yield self.finding(
            item.item,
            f"{item.label}: layer {i}, {path}, {problem}{foreign}",
            at={"pointer": f"{item.pointer('Layers')}/{i}", "layer": i},
        )


def _urls(archive: Archive, item: Item, i: int) -> tuple[str, ...]:
    """The download URLs of a foreign layer, from `LayerSources`."""
    image = next((image for image in archive.images if image.item is item.item), None)
    diff_ids = () if image is None or image.config is None else image.config.diff_ids or ()
    sources = mapping(item.raw.get(spelling(item.raw, "LayerSources")))
    source = mapping(sources.get(diff_ids[i])) if i < len(diff_ids) else {}
    return strings(source.get("urls"))
