"""DKR012: an image in manifest.json without a name."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_docker.manifest_json import ManifestJsonCheck, items_of, spelling


class UnnamedImage(ManifestJsonCheck):
    """An image in manifest.json does not have a name.

    What it means:
        `RepoTags` is `null`, empty or absent, as after `docker save` with an image ID.

    Why it matters:
        Docker and Podman load the image and print its ID, which is then the only way to reference
        it. `ctr image import` succeeds but does not create an image.

    How to fix it:
        Save the image by name, or tag it after loading:

            docker save -o image.tar 4f53cda18c2b    # "RepoTags": null
            docker save -o image.tar app:1           # "RepoTags": ["app:1"]

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - containerd, core/transfer/local/import.go: images without a name are skipped
    """

    id = "DKR012"
    name = "unnamed-image"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for images without names."""
        for item in items_of(archive):
            if not (item.array("RepoTags") or item.raw.get(spelling(item.raw, "RepoTags"))):
                yield self.finding(
                    item.item,
                    f"{item.label} does not have a name; it can be referenced only by ID",
                    at={"pointer": item.item.location.pointer},
                )
