"""What is said of an archive that an engine loads, or does not load because it is not an image."""

from __future__ import annotations

from itertools import chain

from checker.model.archive import FLAT_KINDS, Archive, Kind
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE
from checker.verdicts import Question
from checker_engines.answers.refusal import LAYER_DAMAGED, LAYER_NOT_EXTRACTED, Refusal

IS_LOADED = "the image is loaded"
_NO_DEVICES = "without device nodes, which a rootless engine does not create"
IS_ROOTFS = "it is a root filesystem (docker export), not an image"


_OF_LAYERS = frozenset({*LAYER_DAMAGED, *LAYER_NOT_EXTRACTED, "LYR001", "OCI028"})
"""The rules about the content of layers."""


def why_not_loaded(question: Question, refusal: Refusal) -> str:
    """The reason why an archive is not loaded, for a person.

    An intact root filesystem is named as one, and an encrypted layer is named where the content of
    layers is refused.

    Args:
        question: What was asked.
        refusal: The error of the engine's load function.
    """
    if _is_sound_rootfs(question.archive):
        return IS_ROOTFS
    if _OF_LAYERS.isdisjoint(refusal.rules):
        return refusal.reason
    return as_encrypted(question.archive, refusal.reason)


def without_devices(question: Question, reason: str) -> str:
    """A reason why an archive is accepted, with what a rootless engine leaves out of its layers.

    Args:
        question: What was asked.
        reason: The reason.
    """
    archive = question.archive
    layers = (layer.entries for image in archive.images for layer in image.layers)
    tables = chain((archive.entries,), layers) if archive.kind in FLAT_KINDS else layers
    has_devices = any(
        next(table.of_kind(CHARACTER_DEVICE, BLOCK_DEVICE), None) is not None for table in tables
    )
    return f"{reason}, {_NO_DEVICES}" if question.host.rootless and has_devices else reason


def as_encrypted(archive: Archive, reason: str) -> str:
    """A reason about the content of layers, after the layer that is encrypted, if one is."""
    label = encrypted_layer(archive)
    if label is None:
        return reason
    return f"{label} is encrypted, and needs the private key of a recipient: {reason}"


def encrypted_layer(archive: Archive) -> str | None:
    """The first layer whose media type says that it is encrypted."""
    layers = (layer for image in archive.images for layer in image.layers)
    return next((layer.label for layer in layers if layer.is_encrypted), None)


def _is_sound_rootfs(archive: Archive) -> bool:
    compression = archive.compression
    is_damaged = archive.tar.fatal or compression.error or compression.truncated
    return archive.kind is Kind.ROOTFS and not is_damaged
