"""The form that ``docker load`` reads: manifest.json, configs and layers.

Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format". The names of
files are those of containers/image: a config is named by its digest, a layer by its diffID.
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.conversion.choosing import Choice
from checker.conversion.documents import encoded
from checker.conversion.images import SourceImage, source_image
from checker.conversion.layers import LayerWriter
from checker.conversion.left_out import without_manifests
from checker.conversion.naming import lost_names, names_for
from checker.conversion.records import ConvertedImage, LeftOut, Request, Written
from checker.conversion.sinks import Sink, add
from checker.model.names import MANIFEST_JSON
from checker.reading.opened import OpenArchive


def write_docker_archive(
    opened: OpenArchive, choice: Choice, request: Request, sink: Sink
) -> Written:
    """Write images in the form that every version of ``docker load`` reads.

    Raises:
        ConversionError: A part of an image is missing, or is not what it should be.
    """
    images = [source_image(opened, each) for each in choice.for_docker]
    written, left = write_docker_images(
        images, request, LayerWriter(opened, sink, request.form, request.compression), sink
    )
    lost = without_manifests(opened.archive, images)
    return Written(written, (*choice.left_out, *lost, *left))


def write_docker_images(
    images: Iterable[SourceImage], request: Request, layers: LayerWriter, sink: Sink
) -> tuple[tuple[ConvertedImage, ...], tuple[LeftOut, ...]]:
    """Write the files of images, and the list of them."""
    items: list[dict[str, object]] = []
    written: list[ConvertedImage] = []
    left: list[LeftOut] = []
    for image in images:
        names = names_for(image.names, request.ref)
        left += lost_names(image.label, image.names, request.ref)
        config = f"{image.id.partition(':')[2]}.json"
        add(sink, config, image.config)
        found = tuple(map(layers.write, image.layers))
        items.append(
            {
                "Config": config,
                "RepoTags": list(names) or None,
                "Layers": [layers.name_of(layer.diff_id, layer.digest) for layer in found],
            }
        )
        written.append(ConvertedImage(names, image.id, None, image.platform, found))
    add(sink, MANIFEST_JSON, encoded(items))
    return tuple(written), tuple(left)
