"""DKR012: an image of manifest.json without a name."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker_docker.manifest_json import items_of, no_manifest_reason, spelling


class UnnamedImage(Check):
    """An image in manifest.json has no name.

    What it means:
        `RepoTags` is `null`, empty or absent, as after `docker save` of an image's id.

    Why it matters:
        Docker and Podman load the image and print its id, by which alone it can be used. `ctr image
        import` succeeds and keeps nothing under a name.

    How to fix it:
        Save the image by its name, or name it after loading: `docker tag ID name:tag`.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - containerd, core/transfer/local/import.go: images without a name are passed over
    """

    id = "DKR012"
    name = "unnamed-image"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file there are no names."""
        return no_manifest_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for images without names."""
        for item in items_of(archive):
            if not (item.array("RepoTags") or item.raw.get(spelling(item.raw, "RepoTags"))):
                yield self.finding(
                    item.item,
                    f"{item.label} has no name; once loaded, only its id leads to it",
                    at={"pointer": item.item.location.pointer},
                )
