"""DKR003: a layer that manifest.json names and that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.entries import climbs_out
from checker.model.image import mapping, strings
from checker_docker.manifest_json import (
    Item,
    damage_reason,
    items_of,
    no_manifest_reason,
    spelling,
    what_is_at,
)


class MissingLayer(Check):
    """A layer that manifest.json names is not in the archive.

    What it means:
        `Layers` of an image in `manifest.json` are the paths of files in the archive. There is no
        file at one of them, also not through links.

    Why it matters:
        Engines refuse the image: "no such file or directory", "layer … not found", "Some layer
        tarfiles are missing in the tarball". That holds for foreign layers, such as those of
        Windows, too: engines do not fetch them when they load. Docker passes over a layer that it
        already has, so the archive may load on the machine where it was made and nowhere else.

    How to fix it:
        Save the image again; for foreign layers, pull the image with
        `"allow-nondistributable-artifacts"` set for the registry, or load it from a registry.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go
    """

    id = "DKR003"
    name = "missing-layer"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """What was not read cannot be missed."""
        return no_manifest_reason(archive) or damage_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look the layers up."""
        for item in items_of(archive):
            seen: set[str] = set()
            for i, path in enumerate(item.array("Layers") or ()):
                if isinstance(path, str) and path and path not in seen:
                    seen.add(path)
                    yield from self._layer(archive, item, i, path)

    def _layer(self, archive: Archive, item: Item, i: int, path: str) -> Iterator[Finding]:
        problem = what_is_at(archive, path)
        if problem is None or climbs_out(path):
            # A path that leads out is another rule's.
            return
        urls = _urls(archive, item, i)
        foreign = f"; it is a foreign layer, to be had from {urls[0]}" if urls else ""
        yield self.finding(
            item.item,
            f"{item.label}: its layer {i}, {path}, {problem}{foreign}",
            at={"pointer": f"{item.pointer('Layers')}/{i}", "layer": i},
        )


def _urls(archive: Archive, item: Item, i: int) -> tuple[str, ...]:
    """Where `LayerSources` says that a foreign layer can be had."""
    image = next((image for image in archive.images if image.item is item.item), None)
    diff_ids = () if image is None or image.config is None else image.config.diff_ids or ()
    sources = mapping(item.raw.get(spelling(item.raw, "LayerSources")))
    source = mapping(sources.get(diff_ids[i])) if i < len(diff_ids) else {}
    return strings(source.get("urls"))
