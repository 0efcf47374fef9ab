"""The dir: layout of skopeo (containers/image, directory/directory_dest.go)."""

from __future__ import annotations

from checker.interpretation.kind import is_dir_layout
from checker.interpretation.kinds.base import Recognizer, Traits
from checker.model.known_kind import SKOPEO_DIRECTORY, KnownKind
from checker.model.names import MANIFEST_JSON


def _fits(traits: Traits) -> bool:
    if not traits.is_member("version"):
        return False
    document = traits.document(MANIFEST_JSON)
    if document is None:
        # It is read at the top only.
        return is_dir_layout(frozenset(traits.paths))
    return isinstance(document.value, dict) and "schemaVersion" in document.value


KIND = Recognizer(
    KnownKind(
        name=SKOPEO_DIRECTORY,
        title="a skopeo dir: layout",
        readers="skopeo and podman read it from a directory",
        command="mkdir image && tar -xf {path} -C image && podman load -i image{below}",
        directory_command="podman load -i {path}",
    ),
    _fits,
)
