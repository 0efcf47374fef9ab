"""The OCI image layout, as a directory or a tar, and with the files of ``docker load`` beside it.

OCI image-spec 1.1, image-layout.md. If nothing is left out or changed, ``index.json`` and all that
it leads to are carried over byte for byte, attestations and referrers included. Else manifests are
carried over where all their layers are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from checker.conversion.choosing import Choice
from checker.conversion.documents import (
    LAYOUT,
    MadeBlob,
    encoded,
    layer_descriptor,
    made_index,
    made_manifest,
    platform_object,
)
from checker.conversion.images import SourceImage, SourceLayer, check_blob, read_small, source_image
from checker.conversion.layers import LayerWriter, blob_name, target_compression, write_stored
from checker.conversion.left_out import REFERENCE_DIGEST, not_image
from checker.conversion.naming import annotations_of, lost_names, names_for
from checker.conversion.records import (
    ConversionError,
    ConvertedImage,
    ConvertedLayer,
    LeftOut,
    Request,
    Written,
)
from checker.conversion.sinks import Sink, add
from checker.model.archive import OciLayout
from checker.model.blob import Blob
from checker.model.compression import CompressionKind
from checker.model.image import CONTAINERD_NAME, REF_NAME, Descriptor, Manifest, mapping
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, MediaType, shorten
from checker.reading.opened import OpenArchive
from checker.records import NamedTuple

# Annotations that describe the bytes of a compressed layer, which others do not have.
_OF_BYTES = ("containerd.io/snapshot/", "io.github.containers.zstd-chunked.")


def write_oci_layout(opened: OpenArchive, choice: Choice, request: Request, sink: Sink) -> Written:
    """Write images as an OCI image layout; with ``manifest.json`` in the form that has it.

    Raises:
        ConversionError: A part of an image is missing, or is not what it should be.
    """
    images = [source_image(opened, each) for each in choice.images]
    writer = _Writer(opened, request, sink)
    docker = {each.label for each in choice.for_docker}
    add(sink, OCI_LAYOUT, LAYOUT)
    layout = opened.archive.oci
    is_same = choice.is_all and request.ref is None and all(map(writer.is_carried, images))
    if layout is not None and layout.root_index is not None and is_same:
        found = writer.carry_all(layout, images)
    else:
        found = writer.write(images)
    if request.form.has_manifest_json:
        writer.add_manifest_json(images, found.images, docker)
    left = (*choice.left_out, *found.left_out, *writer.left_out)
    return found._replace(left_out=tuple(dict.fromkeys(left)))


class _Listed(NamedTuple):
    """An image whose blobs are written.

    Attributes:
        image: The image.
        names: Its names.
        descriptor: The descriptor of its manifest, without names.
        converted: What is told of it.
        is_carried: Whether its manifest is that of the source.
    """

    image: SourceImage
    names: tuple[str, ...]
    descriptor: Mapping[str, object]
    converted: ConvertedImage
    is_carried: bool


class _Writer:
    """Writes the blobs of images and the documents that list them.

    Args:
        opened: The source.
        request: What is asked for.
        sink: Where files are written.
    """

    def __init__(self, opened: OpenArchive, request: Request, sink: Sink) -> None:
        self._opened = opened
        self._archive = opened.archive
        self._request = request
        self._sink = sink
        self._layers = LayerWriter(opened, sink, request.form, request.compression)
        self.left_out: list[LeftOut] = []

    def is_carried(self, image: SourceImage) -> bool:
        """Whether a manifest stays as it is; one of Docker's becomes one of OCI's."""
        manifest = image.manifest
        if manifest is None:
            return False
        is_at_home = self._archive.oci is not None
        if not is_at_home and manifest.descriptor.media_type != MediaType.OCI_MANIFEST:
            return False
        return all(map(self._is_layer_carried, image.layers))

    def _is_layer_carried(self, layer: SourceLayer) -> bool:
        if layer.blob is None:
            return True
        form, wanted = self._request.form, self._request.compression
        return target_compression(layer, form, wanted) is layer.blob.compression.kind

    # All of a layout

    def carry_all(self, layout: OciLayout, images: Sequence[SourceImage]) -> Written:
        """Carry over ``index.json`` and all that it leads to."""
        root = layout.root_index
        if root is None:
            raise ConversionError("index.json is missing or is not a JSON object")
        written = tuple(self._carried_image(image) for image in images)
        for descriptor in _descriptors(layout):
            self._carry(descriptor)
        add(self._sink, INDEX_JSON, read_small(self._opened, root.blob))
        return Written(written, ())

    def _carried_image(self, image: SourceImage) -> ConvertedImage:
        manifest = image.manifest
        digest = None if manifest is None else manifest.descriptor.digest_text
        layers = tuple(map(_carried_layer, image.layers))
        return ConvertedImage(image.names, image.id, digest, image.platform, layers)

    def _carry(self, descriptor: Descriptor) -> None:
        """Carry over what a descriptor refers to, if it is in the archive."""
        digest = descriptor.digest
        blob = self._archive.members.blob_of(digest)
        if digest is None or blob is None:
            return
        if blob.hashes_to(digest) is False:
            raise ConversionError(
                f"{blob.location.member} hashes to {shorten(blob.digest)}, its descriptor says "
                f"{shorten(str(digest))}"
            )
        check_blob(self._archive, blob, blob.location.member or str(digest))
        self._carry_blob(str(digest), blob)

    def _carry_blob(self, digest: str, blob: Blob) -> None:
        if not self._sink.has(blob_name(digest)):
            write_stored(self._opened, blob, self._sink.begin())
            self._sink.end(blob_name(digest))

    # Chosen images

    def write(self, images: Sequence[SourceImage]) -> Written:
        """Write images, and an index that lists them."""
        listed = [self._write_image(image) for image in images]
        groups = _groups(listed)
        names = annotations_of([group[0].names for group in groups])
        manifests: list[Mapping[str, object]] = []
        for group, named in zip(groups, names, strict=True):
            manifests += self._group(group, named)
        manifests += self._related(listed)
        add(self._sink, INDEX_JSON, made_index(manifests))
        return Written(tuple(each.converted for each in listed), ())

    def _write_image(self, image: SourceImage) -> _Listed:
        layers = tuple(map(self._layer, image.layers))
        add(self._sink, blob_name(image.id), image.config)
        names = self._names(image)
        manifest = image.manifest
        is_carried = manifest is not None and self.is_carried(image)
        if manifest is not None and is_carried:
            self._carry(manifest.descriptor)
            descriptor = _kept_descriptor(manifest, image)
        else:
            made = self._made_manifest(image, layers)
            add(self._sink, blob_name(made.digest), made.data)
            descriptor = made.descriptor()
            if image.platform is not None:
                descriptor["platform"] = platform_object(image.platform)
        digest = str(descriptor["digest"])
        converted = ConvertedImage(names, image.id, digest, image.platform, layers)
        return _Listed(image, names, descriptor, converted, is_carried)

    def _names(self, image: SourceImage) -> tuple[str, ...]:
        if self._request.ref is not None:
            return names_for((), self._request.ref)
        # An image layout can hold any name.
        return image.names

    def _layer(self, layer: SourceLayer) -> ConvertedLayer:
        return _carried_layer(layer) if layer.blob is None else self._layers.write(layer)

    def _made_manifest(self, image: SourceImage, layers: Sequence[ConvertedLayer]) -> MadeBlob:
        annotations = {} if image.manifest is None else image.manifest.annotations
        descriptors = [
            _descriptor_of(source, written)
            for source, written in zip(image.layers, layers, strict=True)
        ]
        return made_manifest(image.config, descriptors, annotations)

    def _group(
        self, group: Sequence[_Listed], names: Sequence[Mapping[str, str]]
    ) -> Iterator[Mapping[str, object]]:
        """The descriptors in ``index.json`` of an image, or of an index of several."""
        descriptor = group[0].descriptor
        if len(group) > 1:
            index = MadeBlob(made_index([each.descriptor for each in group]), MediaType.OCI_INDEX)
            add(self._sink, blob_name(index.digest), index.data)
            descriptor = index.descriptor()
        for named in names or [{}]:
            own = mapping(descriptor.get("annotations"))
            both = {**own, **named}
            yield {**descriptor, "annotations": both} if both else descriptor

    def _related(self, listed: Sequence[_Listed]) -> Iterator[Mapping[str, object]]:
        """The attestations and referrers of images whose manifests were carried over."""
        kept = {each.descriptor["digest"] for each in listed if each.is_carried}
        layout = self._archive.oci
        manifests = () if layout is None else layout.manifests
        for manifest in manifests:
            found = not_image(manifest)
            if found is None:
                continue
            about = _about(manifest)
            if about not in kept:
                if about is None or about in {_digest_of(each) for each in listed}:
                    self.left_out.append(found)
                continue
            for descriptor in _parts(manifest):
                self._carry(descriptor)
            yield _kept_descriptor(manifest, None)

    # With docker load

    def add_manifest_json(
        self,
        images: Sequence[SourceImage],
        written: Sequence[ConvertedImage],
        labels: set[str],
    ) -> None:
        """Add the list that ``docker load`` reads, of one image for each name."""
        items: list[dict[str, object]] = []
        for image, converted in zip(images, written, strict=True):
            if image.label not in labels:
                continue
            names = names_for(image.names, self._request.ref)
            self.left_out += lost_names(image.label, image.names, self._request.ref)
            for layer in image.layers:
                if layer.blob is None:
                    raise ConversionError(
                        f"{layer.label} is not in the archive, only its URLs are; docker load "
                        "needs its content"
                    )
            items.append(
                {
                    "Config": blob_name(image.id),
                    "RepoTags": list(names) or None,
                    "Layers": [blob_name(layer.digest) for layer in converted.layers],
                }
            )
        add(self._sink, MANIFEST_JSON, encoded(items))


def _descriptors(layout: OciLayout) -> Iterator[Descriptor]:
    """Everything that is reached from ``index.json``."""
    for index in layout.indexes:
        if index.descriptor is not None:
            yield index.descriptor
        yield from index.manifests
    for manifest in layout.manifests:
        yield from _parts(manifest)


def _parts(manifest: Manifest) -> Iterator[Descriptor]:
    yield manifest.descriptor
    if manifest.config is not None:
        yield manifest.config
    yield from manifest.layers


def _carried_layer(layer: SourceLayer) -> ConvertedLayer:
    """What is told of a layer that stays as it is."""
    blob, descriptor = layer.blob, layer.descriptor
    if blob is not None:
        digest = descriptor.digest_text if descriptor is not None else None
        kind = blob.compression.kind
        return ConvertedLayer(layer.diff_id, digest or blob.digest, blob.size, kind, True)
    digest = "" if descriptor is None else descriptor.digest_text or ""
    size = 0 if descriptor is None else descriptor.size or 0
    return ConvertedLayer(layer.diff_id, digest, size, CompressionKind.NONE, True)


def _descriptor_of(source: SourceLayer, written: ConvertedLayer) -> dict[str, object]:
    """The descriptor of a layer in a manifest that is made."""
    own = source.descriptor
    if own is not None and source.blob is None:
        found: dict[str, object] = {
            "mediaType": own.media_type,
            "digest": own.digest_text,
            "size": own.size,
            "urls": list(own.urls),
        }
        return found
    annotations = {} if own is None else own.annotations
    if not written.is_carried:
        annotations = {
            key: value for key, value in annotations.items() if not key.startswith(_OF_BYTES)
        }
    return layer_descriptor(written, annotations)


def _kept_descriptor(manifest: Manifest, image: SourceImage | None) -> dict[str, object]:
    """The descriptor of a manifest that is carried over, without names."""
    own = manifest.descriptor
    found: dict[str, object] = {
        "mediaType": own.media_type or MediaType.OCI_MANIFEST,
        "digest": own.digest_text,
        "size": manifest.blob.size,
    }
    platform = own.platform or (None if image is None else image.platform)
    if platform is not None:
        found["platform"] = platform_object(platform)
    annotations = {
        key: value
        for key, value in own.annotations.items()
        if key not in (REF_NAME, CONTAINERD_NAME)
    }
    if annotations:
        found["annotations"] = annotations
    if own.artifact_type:
        found["artifactType"] = own.artifact_type
    return found


def _groups(listed: Iterable[_Listed]) -> list[list[_Listed]]:
    """Images with the same names for different platforms, which one index lists."""
    found: dict[tuple[object, ...], list[_Listed]] = {}
    for number, each in enumerate(listed):
        key: tuple[object, ...] = each.names or (number,)
        platforms = {other.image.platform for other in found.get(key, ())}
        found.setdefault((*key, number) if each.image.platform in platforms else key, []).append(
            each
        )
    return list(found.values())


def _about(manifest: Manifest) -> str | None:
    """The digest of the manifest that an attestation or referrer is about."""
    if manifest.descriptor.is_attestation:
        return manifest.descriptor.annotations.get(REFERENCE_DIGEST)
    return None if manifest.subject is None else manifest.subject.digest_text


def _digest_of(listed: _Listed) -> str | None:
    manifest = listed.image.manifest
    return None if manifest is None else manifest.descriptor.digest_text
