"""Artifacts beside the images of a test layout: attestations, signatures and other content.

Digests and sizes are right by construction, and the descriptors are added to ``index.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from checker.testing.archive import Archive
from checker.testing.edits import CONTENT_KEYS, Table, content, fill, fill_json
from checker.testing.image import MANIFEST_TYPE, Blob, encode_json
from checker.testing.tar import Member, file
from checker.typing_names import Any

EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
ARTIFACT_KEYS = frozenset(
    {"type", "config_type", "config", "subject", "layers", "annotations", "platform", "manifest"}
)
LAYER_KEYS = CONTENT_KEYS | {"type", "annotations", "compress"}
_INDEX = "index.json"


def with_artifacts(archive: Archive, artifacts: Sequence[Table]) -> Archive:
    """An image layout with further manifests.

    Args:
        archive: The layout.
        artifacts: Tables with the keys that :mod:`checker.testing.cases` describes.

    Raises:
        ValueError: The archive has no ``index.json``, or a placeholder is unknown.
    """
    for number, table in enumerate(artifacts):
        archive = _with_artifact(archive, f"artifact{number}", table)
    return archive


def _with_artifact(archive: Archive, prefix: str, table: Table) -> Archive:
    layers = [_layer(each, archive.names) for each in table.get("layers", ())]
    config_type = table.get("config_type", EMPTY_TYPE)
    config = Blob(config_type, encode_json(fill_json(table.get("config", {}), archive.names)))
    manifest = _manifest(archive, table, config, layers)
    descriptor = manifest.descriptor | {
        key: fill_json(table[key], archive.names)
        for key in ("annotations", "platform")
        if key in table
    }
    blobs = {f"{prefix}": manifest, f"{prefix}.config": config}
    blobs |= {f"{prefix}.layer{i}": blob for i, (blob, _) in enumerate(layers)}
    names = dict(archive.names)
    for name, blob in blobs.items():
        names |= {name: _path(blob), f"{name}.digest": blob.digest, f"{name}.hex": blob.hex}
    known = {member.name for member in archive.members}
    added = {_path(blob): file(_path(blob), blob.data) for blob in blobs.values()}
    members = (*archive.members, *(each for path, each in added.items() if path not in known))
    return replace(archive, members=_listed(members, descriptor), names=names)


def _layer(table: Table, names: Mapping[str, str]) -> tuple[Blob, Mapping[str, Any]]:
    """The content of a layer and the annotations of its descriptor."""
    described = {key: each for key, each in table.items() if key not in ("type", "annotations")}
    blob = Blob(table.get("type", "application/octet-stream"), content(described, names))
    return blob, fill_json(table.get("annotations", {}), names)


def _manifest(
    archive: Archive,
    table: Table,
    config: Blob,
    layers: Sequence[tuple[Blob, Mapping[str, Any]]],
) -> Blob:
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        **({"artifactType": table["type"]} if "type" in table else {}),
        "config": config.descriptor,
        "layers": [
            blob.descriptor | ({"annotations": annotations} if annotations else {})
            for blob, annotations in layers
        ],
    }
    if "subject" in table:
        document["subject"] = _subject(archive, fill(table["subject"], archive.names))
    document |= fill_json(table.get("manifest", {}), archive.names)
    return Blob(MANIFEST_TYPE, encode_json(document))


def _subject(archive: Archive, digest: str) -> Mapping[str, Any]:
    path = f"blobs/{digest.replace(':', '/', 1)}"
    sizes = [len(member.content) for member in archive.members if member.name == path]
    return {"mediaType": MANIFEST_TYPE, "digest": digest, "size": sizes[0] if sizes else 2}


def _listed(members: Sequence[Member], descriptor: Mapping[str, Any]) -> tuple[Member, ...]:
    """The members with a descriptor added to ``index.json``."""
    position = next((i for i, member in enumerate(members) if member.name == _INDEX), None)
    if position is None:
        raise ValueError(f"artifacts need a layout with {_INDEX}")
    index = json.loads(members[position].content)
    index["manifests"].append(descriptor)
    changed = replace(members[position], content=encode_json(index))
    return (*members[:position], changed, *members[position + 1 :])


def _path(blob: Blob) -> str:
    return f"blobs/sha256/{blob.hex}"
