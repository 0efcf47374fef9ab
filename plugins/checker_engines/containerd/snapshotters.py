"""What depends on the snapshotter of containerd: ``overlayfs``, its default, or ``native``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.model.entries import Entries
from checker.model.image import Image
from checker.model.work import OutOfWork, Work
from checker.verdicts import Question
from checker_engines.answers.conditions import absent_layers, overlayfs
from checker_engines.containerd.apply import apply_natively, apply_on_overlayfs
from checker_engines.containerd.platforms import preference
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.stacking import reaches_into_lower


def store_conditions(question: Question) -> Iterator[str]:
    """What depends on the snapshotter, and on what is already stored."""
    yield from _snapshotter_conditions(question)
    images = question.archive.images
    yield from absent_layers(
        image for image in images if image.manifest is not None and _is_for_host(image, question)
    )


def _snapshotter_conditions(question: Question) -> Iterator[str]:
    """The condition of each image for the host whose unpacking depends on the snapshotter."""
    work = Work(question.limits.simulated)
    for image in question.archive.images:
        layers = [layer.entries for layer in image.layers]
        if _is_for_host(image, question) and _can_differ(layers):
            yield from _difference(image, layers, work)


def _is_for_host(image: Image, question: Question) -> bool:
    return image.platform is None or preference(image.platform, question.host) is not None


def _can_differ(layers: Sequence[Entries]) -> bool:
    """Whether the layers must be applied to know; the first one is applied in the same way."""
    return not all(map(is_plain, layers[1:])) or reaches_into_lower(layers)


def _difference(image: Image, layers: Sequence[Entries], work: Work) -> Iterator[str]:
    try:
        on_overlayfs, natively = apply_on_overlayfs(layers, work), apply_natively(layers, work)
    except OutOfWork:
        yield overlayfs(f"may end otherwise for {image.label}, which was not simulated to its end")
        return
    if on_overlayfs.layer is None and natively.layer is not None:
        layer = image.layers[natively.layer]
        yield overlayfs(f"refuses {layer.label}: {natively.error}")
    elif on_overlayfs.layer is not None and natively.layer is None:
        yield overlayfs(f"unpacks {image.layers[on_overlayfs.layer].label}")
