"""DKR013: a repositories file that names other images than manifest.json."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Finding, Severity
from checker.model.document import pointer
from checker.model.image import mapping
from checker.model.names import (
    MANIFEST_JSON,
    REPOSITORIES,
    InvalidReferenceError,
    is_hex,
    parse_reference,
)
from checker.typing_names import TypeGuard
from checker_docker.manifest_json import Item, ManifestJsonCheck, familiar, items_of, spelling
from checker_docker.scopes import DOCKER_ARCHIVES, WITH_REPOSITORIES


class RepositoriesMismatch(ManifestJsonCheck):
    """repositories and manifest.json name different images.

    What it means:
        `repositories` contains the same names as `RepoTags` in `manifest.json`, and for each the ID
        of the image's top layer, which is a directory of the archive or, since Docker 25.0, a blob.
        Here a name is in only one of the files, or an ID refers to another layer, or, as a note, to
        nothing in the archive.

    Why it matters:
        Current engines read only `manifest.json`. Tools that still read `repositories`, and Docker
        before 1.10, find other names or another image. It is a sign that one of the files was
        edited.

    How to fix it:
        Save the image again, or remove `repositories`.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/save.go
    """

    id = "DKR013"
    name = "repositories-mismatch"
    severity = Severity.WARNING
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if one of the two files is missing or cannot be compared."""
        reason = DOCKER_ARCHIVES.skip_reason(archive) or WITH_REPOSITORIES.skip_reason(archive)
        if reason is None and not _are_comparable(archive):
            return DOCKER_ARCHIVES.reason
        return reason or super().skip_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the names, then the IDs."""
        blob = None if archive.docker is None else archive.docker.repositories
        value = None if blob is None or blob.document is None else blob.document.value
        if blob is None or not isinstance(value, dict):
            return
        named = {familiar(name): item for item in items_of(archive) for name in item.item.repo_tags}
        seen: set[str] = set()
        for repository, tags in value.items():
            for tag, target in mapping(tags).items():
                name = familiar(f"{repository}:{tag}")
                seen.add(name)
                if not _is_id(target):
                    continue  # reported by DKR006
                yield from self._entry(archive, blob, pointer(repository, tag), name, named, target)
        yield from self._not_there(named, seen)

    def _entry(
        self,
        archive: Archive,
        blob: Blob,
        place: str,
        name: str,
        named: dict[str, Item],
        target: str,
    ) -> Iterator[Finding]:
        item = named.get(name)
        if item is None:
            message = f"{REPOSITORIES} contains the name {name}, {MANIFEST_JSON} does not"
            yield self.finding(blob, message, at={"pointer": place})
        else:
            yield from self._target(archive, blob, place, name, item, target)

    def _target(
        self, archive: Archive, blob: Blob, place: str, name: str, item: Item, target: str
    ) -> Iterator[Finding]:
        layer = _layer_of(archive, target)
        top = archive.members.blob(item.item.layers[-1]) if item.item.layers else None
        if layer is None:
            if f"{target}/json" in archive.members:
                # Only the layer.tar of its directory is missing: reported by another rule.
                return
            yield self.finding(
                blob,
                f"{REPOSITORIES} maps {name} to the ID {target}, which is neither a directory nor "
                "a blob of the archive",
                at={"pointer": place},
                severity=Severity.NOTE,
            )
        elif top is not None and layer is not top and layer.digest != top.digest:
            yield self.finding(
                blob,
                f"{REPOSITORIES} maps {name} to the layer {layer.path}, in {MANIFEST_JSON} its top "
                f"layer is {top.path}",
                at={"pointer": place},
                related=[item.item.location],
            )

    def _not_there(self, named: dict[str, Item], seen: set[str]) -> Iterator[Finding]:
        for name, item in named.items():
            if name not in seen:
                yield self.finding(
                    item.item,
                    f"{item.label} has the name {name}, {REPOSITORIES} does not contain it",
                    at={"pointer": item.pointer("RepoTags")},
                )


def _is_id(target: object) -> TypeGuard[str]:
    return isinstance(target, str) and is_hex(target, 64)


def _are_comparable(archive: Archive) -> bool:
    """Whether there are images, and all their names are references with a tag."""
    items = () if archive.docker is None else archive.docker.items
    if any(not _has_names(item) for item in items_of(archive)):
        return False
    return bool(items) and all(_is_tagged(name) for item in items for name in item.repo_tags)


def _has_names(item: Item) -> bool:
    """Whether RepoTags has a valid type: an array, null or absent."""
    value = item.raw.get(spelling(item.raw, "RepoTags"))
    return value is None or isinstance(value, list)


def _is_tagged(name: str) -> bool:
    try:
        return parse_reference(name).tag is not None
    except InvalidReferenceError:
        return False


def _layer_of(archive: Archive, target: str) -> Blob | None:
    """The layer that an ID in `repositories` refers to."""
    layer = archive.members.blob(f"{target}/layer.tar")
    return archive.members.blob(f"blobs/sha256/{target}") if layer is None else layer
