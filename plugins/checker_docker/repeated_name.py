"""DKR011: a name that manifest.json gives more than once."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker_docker.manifest_json import Item, familiar, items_of, no_manifest_reason


class RepeatedName(Check):
    """manifest.json gives one name more than once.

    What it means:
        Two entries of `RepoTags` name the same thing, once what is left out of them (`docker.io`,
        `library`) is put in. If they belong to two images the finding is a warning, else a note.

    Why it matters:
        A name can be that of one image only. Engines give it to the one that comes last; the one
        before it is loaded and then has no name, so that the next cleaning up removes it.

    How to fix it:
        Tag the images differently and save them again.

    References:
        - Docker image specification v1.2, "Tag" and "Repository"
        - Docker, image/tarexport/load.go, setLoadedTag: "already exists, renaming the old one"
    """

    id = "DKR011"
    name = "repeated-name"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file there are no names."""
        return no_manifest_reason(archive)

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
            words = "the name of the same image before"
        else:
            words = f"the name of image {earlier.position}, which then has it no more"
        return self.finding(
            item.item,
            f'image {item.position} of manifest.json: "{name}" is also {words}',
            at={"pointer": f"{item.pointer('RepoTags')}/{i}"},
            severity=Severity.NOTE if earlier.item.config == item.item.config else None,
        )
