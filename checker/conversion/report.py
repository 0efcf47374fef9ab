"""What a conversion tells: lines for people, and a JSON document."""

from __future__ import annotations

import os
from collections.abc import Iterator

from checker._version import __version__
from checker.conversion.records import Conversion, ConvertedImage, Form, Request
from checker.model.names import shorten


def summary(target: str, request: Request, written: Conversion) -> Iterator[str]:
    """The lines that say what was written."""
    if request.form is Form.ROOTFS:
        yield f"{target}: rootfs, {written.entries} entries"
        return
    yield f"{target}: {request.form}"
    for image in written.images:
        names = ", ".join(image.names) or "unnamed image"
        yield f"  {names} ({shorten(image.id)})"
        yield f"    {_layers(image)}"


def _layers(image: ConvertedImage) -> str:
    """The number of layers, and how many are stored with the bytes that they had."""
    count = len(image.layers)
    carried = sum(layer.is_carried for layer in image.layers)
    layers = "1 layer" if count == 1 else f"{count} layers"
    return f"{layers}, {'byte for byte' if carried == count else f'{carried} byte for byte'}"


def document(source: str, target: str, request: Request, written: Conversion) -> dict[str, object]:
    """The JSON document, version 1 (``schemas/checker_schemas/reports/convert.json``)."""
    return {
        "version": 1,
        "tool": {"name": "archive-checker", "version": __version__},
        "command": "convert",
        "source": {"path": source, "kind": written.kind.value},
        "target": {
            "path": target,
            "form": request.form.value,
            "size": os.path.getsize(target) if os.path.isfile(target) else None,
            "entries": written.entries if request.form is Form.ROOTFS else None,
        },
        "images": [_image(image) for image in written.images],
        "steps": list(written.steps),
        "left_out": [{"what": each.what, "detail": each.detail} for each in written.left_out],
        "errors": list(written.errors),
        "exit_code": 0,
    }


def _image(image: ConvertedImage) -> dict[str, object]:
    return {
        "names": list(image.names),
        "id": image.id,
        "digest": image.digest,
        "platform": None if image.platform is None else str(image.platform),
        "layers": [
            {
                "diff_id": layer.diff_id,
                "digest": layer.digest,
                "size": layer.size,
                "compression": layer.compression.value,
                "carried": layer.is_carried,
            }
            for layer in image.layers
        ],
    }
