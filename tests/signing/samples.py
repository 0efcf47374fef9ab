"""Layouts that cosign and notation signed, as they were recorded."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

from checker.testing.archive import Archive
from checker.testing.image import encode_json
from checker.testing.tar import file

SAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("samples.json").read_text("utf-8"))
KEYS: dict[str, str] = SAMPLES["keys"]


def layout(name: str) -> Archive:
    """A layout with the blobs that its index leads to."""
    index = SAMPLES["indexes"][name]
    blobs = {digest: _content(SAMPLES["blobs"][digest]) for digest in _referred(index)}
    members = (file(f"blobs/sha256/{digest}", data) for digest, data in blobs.items())
    version = file("oci-layout", encode_json({"imageLayoutVersion": "1.0.0"}))
    return Archive("oci-archive", (version, file("index.json", encode_json(index)), *members))


def digest_of(name: str) -> str:
    """The digest of the image in a layout."""
    return str(SAMPLES["indexes"][name]["manifests"][0]["digest"])


def _content(blob: dict[str, str]) -> bytes:
    if "text" in blob:
        return blob["text"].encode()
    if "gzip" in blob:
        return gzip.decompress(b64decode(blob["gzip"]))
    return b64decode(blob["base64"])


def _referred(index: dict[str, Any]) -> dict[str, None]:
    """The digests of manifests and what is in them, without the algorithm, each once."""
    found: dict[str, None] = {}
    for descriptor in index["manifests"]:
        digest = descriptor["digest"].partition(":")[2]
        manifest = json.loads(_content(SAMPLES["blobs"][digest]))
        parts = [descriptor, manifest["config"], *manifest["layers"]]
        found |= {part["digest"].partition(":")[2]: None for part in parts}
    return found
