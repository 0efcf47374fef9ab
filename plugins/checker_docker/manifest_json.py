"""What several rules ask of the Docker half of an archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from checker import Archive, Entry
from checker.model.entries import DIRECTORY, REGULAR
from checker.model.image import ManifestItem
from checker.model.names import MANIFEST_JSON, InvalidReferenceError, parse_reference

# Limits that end the reading of the archive itself; those of a member name the member.
_ENDING = frozenset({"expansion", "inflated", "window", "spool", "entries", "names"})


class Item(NamedTuple):
    """One image of manifest.json.

    Attributes:
        position: Its position, from 0.
        raw: The JSON object.
        item: What was read of it.
    """

    position: int
    raw: Mapping[str, object]
    item: ManifestItem

    @property
    def label(self) -> str:
        """How messages call it."""
        names = f" ({', '.join(self.item.repo_tags[:2])})" if self.item.repo_tags else ""
        return f"image {self.position} of {MANIFEST_JSON}{names}"

    def pointer(self, key: str) -> str:
        """The pointer to a key, as it is spelled there."""
        return f"/{self.position}/{spelling(self.raw, key)}"

    def array(self, key: str) -> list[object] | None:
        """The array under a key; None if there is none."""
        value = self.raw.get(spelling(self.raw, key))
        return value if isinstance(value, list) else None


def spelling(raw: Mapping[str, object], key: str) -> str:
    """A key as the object spells it: Go's decoder takes any case, and the last one wins."""
    found = [name for name in raw if name.lower() == key.lower()]
    return found[-1] if found else key


def no_manifest_reason(archive: Archive) -> str | None:
    """Why rules about manifest.json have nothing to say; None if it is there."""
    if archive.docker is None or archive.docker.blob is None:
        return f"the archive has no {MANIFEST_JSON}"
    return None


def damage_reason(archive: Archive) -> str | None:
    """Why what is missing may only lie behind what can be read; None if all was read."""
    if archive.tar.fatal is not None:
        return f"the archive is damaged at byte {archive.tar.fatal.offset}, more may lie behind"
    if archive.compression.error is not None:
        return "the archive could not be inflated whole, more may lie behind"
    if any(reached.member is None and reached.limit in _ENDING for reached in archive.limits):
        return "a limit ended the reading of the archive, more may lie behind"
    return None


def items_of(archive: Archive) -> Iterator[Item]:
    """The images of manifest.json, those that are objects."""
    docker = archive.docker
    value = None if docker is None or docker.document is None else docker.document.value
    if docker is None or not isinstance(value, list):
        return
    objects = [(i, raw) for i, raw in enumerate(value) if isinstance(raw, dict)]
    for (index, raw), item in zip(objects, docker.items, strict=True):
        yield Item(index, raw, item)


def what_is_at(archive: Archive, path: str) -> str | None:
    """What is wrong with a path that must be a file; None if a file is there."""
    entry = archive.members.find(path)
    if entry is None:
        return _why_not_found(archive.members.entries.get(path))
    if entry.kind == DIRECTORY:
        return "is a directory"
    return None if entry.is_file or entry.kind == REGULAR else f"is a {entry.kind_name}"


def _why_not_found(entry: Entry | None) -> str:
    if entry is not None and entry.linkname:
        return f"is a {entry.kind_name} to {entry.linkname}, which is not in the archive"
    return "is not in the archive"


def familiar(name: str) -> str:
    """A name without what Docker leaves out, so that names can be compared; as it is if invalid."""
    try:
        return parse_reference(name).familiar
    except InvalidReferenceError:
        return name
