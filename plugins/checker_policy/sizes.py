"""How large an image may be: max-layers, max-size, max-layer-size and max-file-size."""

from __future__ import annotations

from collections.abc import Iterator

from checker import ContentRequest, Image, Layer, Rootfs
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, REGULAR
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value, size_words

_FILES = (REGULAR, CONTIGUOUS, GNU_SPARSE)


class MostLayers(NamedTuple):
    """How many layers an image may have."""

    most: int

    def of_image(self, image: Image) -> Iterator[Problem]:
        """Count the layers."""
        count = len(image.layers)
        if count > self.most:
            yield Problem(f"{image.label} has {count} layers, at most {self.most} are allowed")


class MostOfImage(NamedTuple):
    """How many bytes the layers of an image may have together, uncompressed."""

    most: int

    def of_image(self, image: Image) -> Iterator[Problem]:
        """Add up the layers."""
        sizes = [_size_of(layer) for layer in image.layers]
        size = sum(size or 0 for size in sizes)
        allowed = f"at most {size_words(self.most)} are allowed"
        if size > self.most:
            yield Problem(f"{image.label} has {size_words(size)} uncompressed, {allowed}")
        elif None in sizes:
            yield Problem(f"the size of {image.label} is not known: a layer is missing")


class MostOfLayer(NamedTuple):
    """How many bytes a layer may have, uncompressed."""

    most: int

    def of_image(self, image: Image) -> Iterator[Problem]:
        """Look at each layer."""
        for layer in image.layers:
            size = _size_of(layer)
            if size is None:
                yield Problem(f"the size of {layer.label} is not known: it is missing", None, layer)
            elif size > self.most:
                words = f"{layer.label} has {size_words(size)} uncompressed"
                allowed = f"at most {size_words(self.most)} are allowed"
                yield Problem(f"{words}, {allowed}", None, layer)


class MostOfFile(NamedTuple):
    """How many bytes a file may have."""

    most: int

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs: none."""
        return ()

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Look at the sizes of all files."""
        for placed in rootfs.of_kind(*_FILES):
            size = placed.layer.entries.sizes[placed.position]
            if size > self.most:
                words = f"/{placed.path} has {size_words(size)}"
                allowed = f"at most {size_words(self.most)} are allowed"
                yield Problem(f"{words}, {allowed}", {"path": placed.path}, placed.layer)


def _size_of(layer: Layer) -> int | None:
    """The bytes of a layer, uncompressed; None if it is not in the archive."""
    return None if layer.blob is None else layer.blob.inflated_size


def _layers(value: Value) -> MostLayers:
    return MostLayers(value.number())


def _image(value: Value) -> MostOfImage:
    return MostOfImage(value.size())


def _layer(value: Value) -> MostOfLayer:
    return MostOfLayer(value.size())


def _file(value: Value) -> MostOfFile:
    return MostOfFile(value.size())


KEYS: Keys = {
    "max-layers": _layers,
    "max-size": _image,
    "max-layer-size": _layer,
    "max-file-size": _file,
}
