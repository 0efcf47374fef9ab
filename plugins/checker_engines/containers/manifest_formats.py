"""What tells formats of manifests apart (containers/image v5.23 and v5.39, internal/manifest)."""

from __future__ import annotations

from checker.model.image import mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES, MediaType
from checker_engines.containers.manifest_types import ESSENTIAL, GUESSED
from checker_engines.golang.json import ANYTHING, GoJsonError, decode_document

_SCHEMA_2 = 2


def guess_media_type(raw: bytes) -> str:
    """The media type that a manifest states or looks like (manifest.GuessMIMEType)."""
    try:
        stated = mapping(decode_document(raw, GUESSED))
        fields = mapping(decode_document(raw, ANYTHING))
    except GoJsonError:
        return ""
    own = text(stated.get("mediaType")) or ""
    if own in INDEX_TYPES | MANIFEST_TYPES:
        return own
    if stated.get("schemaVersion") != _SCHEMA_2:
        return ""
    config = text(mapping(fields.get("config")).get("mediaType"))
    if config == MediaType.DOCKER_CONFIG:
        return MediaType.DOCKER_MANIFEST
    if config != MediaType.OCI_CONFIG and fields.get("manifests"):
        return config or MediaType.OCI_INDEX
    return MediaType.OCI_MANIFEST


def ambiguity_error(raw: bytes, called: str, allowed: tuple[str, ...]) -> str | None:
    """The error for a document with fields of another format (ValidateUnambiguousManifestFormat).

    Args:
        raw: The document, which decodes.
        called: The media type that the error names.
        allowed: The fields that the format has.
    """
    present = mapping(decode_document(raw, ESSENTIAL))
    wrong = [
        field
        for field in ESSENTIAL.fields
        if present.get(field) is not None and field not in allowed
    ]
    if not wrong:
        return None
    listed = ", ".join(f'"{field}"' for field in wrong)
    fields = f"[]string{{{listed}}}"
    return f"rejecting ambiguous manifest, unexpected fields {fields} in supposedly {called}"
