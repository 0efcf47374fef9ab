"""The JSON documents that are written: manifests, indexes, configs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from checker.conversion.records import ConvertedLayer
from checker.model.compression import CompressionKind
from checker.model.names import MediaType, Platform
from checker.records import NamedTuple

LAYER_TYPES = {
    CompressionKind.NONE: MediaType.OCI_LAYER,
    CompressionKind.GZIP: MediaType.OCI_LAYER_GZIP,
    CompressionKind.ZSTD: MediaType.OCI_LAYER_ZSTD,
}
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


class MadeBlob(NamedTuple):
    """A document that was made here.

    Attributes:
        data: Its bytes.
        media_type: Its media type.
    """

    data: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Its digest."""
        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"

    def descriptor(self) -> dict[str, object]:
        """A descriptor that refers to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


def encoded(document: object) -> bytes:
    """A document as the same bytes each time."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def made_manifest(
    config: bytes,
    layers: Iterable[Mapping[str, object]],
    annotations: Mapping[str, str],
) -> MadeBlob:
    """An OCI image manifest."""
    document: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": MediaType.OCI_MANIFEST,
        "config": MadeBlob(config, MediaType.OCI_CONFIG).descriptor(),
        "layers": list(layers),
    }
    if annotations:
        document["annotations"] = dict(annotations)
    return MadeBlob(encoded(document), MediaType.OCI_MANIFEST)


def layer_descriptor(layer: ConvertedLayer, annotations: Mapping[str, str]) -> dict[str, object]:
    """The descriptor of a layer that was written."""
    found: dict[str, object] = {
        "mediaType": LAYER_TYPES[layer.compression],
        "digest": layer.digest,
        "size": layer.size,
    }
    if annotations:
        found["annotations"] = dict(annotations)
    return found


def platform_object(platform: Platform) -> dict[str, object]:
    """The platform of a descriptor."""
    found: dict[str, object] = {"architecture": platform.architecture, "os": platform.os}
    if platform.os_version:
        found["os.version"] = platform.os_version
    if platform.os_features:
        found["os.features"] = list(platform.os_features)
    if platform.variant:
        found["variant"] = platform.variant
    return found


def made_index(manifests: Iterable[Mapping[str, object]]) -> bytes:
    """An ``index.json``."""
    return encoded(
        {
            "schemaVersion": 2,
            "mediaType": MediaType.OCI_INDEX,
            "manifests": list(manifests),
        }
    )
