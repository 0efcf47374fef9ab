"""The dir: layout of skopeo (containers/image, directory/directory_dest.go)."""

from __future__ import annotations

from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import KnownKind


def _fits(traits: Traits) -> bool:
    if "version" not in traits.members:
        return False
    document = traits.members.document("manifest.json")
    value = None if document is None else document.value
    return isinstance(value, dict) and "schemaVersion" in value


KIND = Recognizer(
    KnownKind(
        name="skopeo-directory",
        title="a skopeo dir: layout",
        readers="skopeo and podman read it from a directory",
        command="mkdir image && tar -xf {path} -C image && podman load -i image",
    ),
    _fits,
)
