"""DKR011: a name that manifest.json assigns more than once."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker_docker.manifest_json import Item, ManifestJsonCheck, familiar, items_of


class RepeatedName(ManifestJsonCheck):
    """manifest.json assigns one name more than once.

    What it means:
        Two entries of `RepoTags` are the same name after the defaults (`docker.io`, `library`) are
        added. If they belong to two images the finding is a warning, otherwise a note.

    Why it matters:
        A name can refer to one image only. Engines assign it to the last one; the earlier image is
        loaded and loses the tag, so the next `docker image prune` removes it.

    How to fix it:
        Tag the images differently and save them again:

            docker tag <image ID> app:2
            docker save -o images.tar app:1 app:2

    References:
        - Docker image specification v1.2, "Tag" and "Repository"
        - Docker, image/tarexport/load.go, setLoadedTag: "already exists, renaming the old one"
    """

    id = "DKR011"
    name = "repeated-name"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the names of all images."""
        first: dict[str, Item] = {}
        for item in items_of(archive):
            for i, name in enumerate(item.array("RepoTags") or ()):
                if not isinstance(name, str):
                    continue
                full = familiar(name)
                if full in first:
                    yield self._report(item, i, name, first[full])
                else:
                    first[full] = item

    def _report(self, item: Item, i: int, name: str, earlier: Item) -> Finding:
        if earlier.item.config == item.item.config:
            words = "repeats a name of the same image"
        else:
            words = f"is also a name of image {earlier.position}, which loses the tag"
        return self.finding(
            item.item,
            f'image {item.position} of manifest.json: "{name}" {words}',
            at={"pointer": f"{item.pointer('RepoTags')}/{i}"},
            severity=Severity.NOTE if earlier.item.config == item.item.config else None,
        )
