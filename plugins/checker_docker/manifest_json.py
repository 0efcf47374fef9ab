"""The images of manifest.json, the files that they reference, and which rules apply to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Archive, Check
from checker.checks.backslashes import hint
from checker.model.entries import DIRECTORY, REGULAR
from checker.model.image import ManifestItem
from checker.model.limits import ENDING
from checker.model.names import MANIFEST_JSON, InvalidReferenceError, parse_reference
from checker.records import NamedTuple
from checker_docker.scopes import MANIFEST_JSONS

CONTAINERD = "containerd and Docker with the containerd image store"
"""The engines that import an archive as containerd does, for messages."""


class ManifestJsonCheck(Check):
    """A check of manifest.json; it is skipped for archives without this file."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the archive does not contain manifest.json."""
        return MANIFEST_JSONS.skip_reason(archive)


class WholeManifestJsonCheck(ManifestJsonCheck):
    """A check for missing files; it is skipped as well if the archive was not read completely."""

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if there is no manifest.json, or if missing files may follow."""
        return super().skip_reason(archive) or damage_reason(archive)


class Item(NamedTuple):
    """One image of manifest.json.

    Attributes:
        position: Its position, from 0.
        raw: The JSON object.
        item: The parsed object.
    """

    position: int
    raw: Mapping[str, object]
    item: ManifestItem

    @property
    def label(self) -> str:
        """Its name in messages."""
        names = f" ({', '.join(self.item.repo_tags[:2])})" if self.item.repo_tags else ""
        return f"image {self.position} of {MANIFEST_JSON}{names}"

    def pointer(self, key: str) -> str:
        """The pointer to a key, in the spelling of the object."""
        return f"/{self.position}/{spelling(self.raw, key)}"

    def array(self, key: str) -> list[object] | None:
        """The array under a key; None if the value is missing or not an array."""
        value = self.raw.get(spelling(self.raw, key))
        return value if isinstance(value, list) else None


def spelling(raw: Mapping[str, object], key: str) -> str:
    """The spelling of a key in the object: Go's decoder ignores case and uses the last match."""
    found = [name for name in raw if name.lower() == key.lower()]
    return found[-1] if found else key


def damage_reason(archive: Archive) -> str | None:
    """Why a missing file may be in the part that was not read; None if all was read."""
    if archive.tar.fatal is not None:
        place = f"byte {archive.tar.fatal.offset}"
        return f"the archive is damaged at {place}; missing files may follow"
    if archive.compression.error is not None:
        return "the archive could not be decompressed completely; missing files may follow"
    if any(reached.member is None and reached.limit in ENDING for reached in archive.limits):
        return "a limit ended the reading of the archive; missing files may follow"
    return None


def items_of(archive: Archive) -> Iterator[Item]:
    """The images of manifest.json that are JSON objects."""
    docker = archive.docker
    value = None if docker is None or docker.document is None else docker.document.value
    if docker is None or not isinstance(value, list):
        return
    objects = [(i, raw) for i, raw in enumerate(value) if isinstance(raw, dict)]
    for (index, raw), item in zip(objects, docker.items, strict=True):
        yield Item(index, raw, item)


def what_is_at(archive: Archive, path: str) -> str | None:
    """What is wrong with the path of a required file; None if it leads to a file."""
    entry = archive.members.find(path)
    if entry is None:
        return _why_not_found(archive, path)
    if entry.kind == DIRECTORY:
        return "is a directory"
    return None if entry.is_file or entry.kind == REGULAR else f"is a {entry.kind_name}"


def _why_not_found(archive: Archive, path: str) -> str:
    entry = archive.members.entries.get(path)
    if entry is not None and entry.linkname:
        return f"is a {entry.kind_name} to {entry.linkname}, which is not in the archive"
    return f"is not in the archive{hint(archive, path)}"


def familiar(name: str) -> str:
    """The short form of a name, as Docker displays it, for comparison; unchanged if invalid."""
    try:
        return parse_reference(name).familiar
    except InvalidReferenceError:
        return name
