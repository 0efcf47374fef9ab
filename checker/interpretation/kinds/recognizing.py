"""Tries the known kinds one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.interpretation.kinds import (
    artifact,
    build_cache,
    build_context,
    checkpoint,
    containerd_storage,
    containers_storage,
    cosign_artifact,
    disk_image,
    docker_checkpoint,
    docker_storage,
    flux_artifact,
    helm_artifact,
    helm_chart,
    lxc_container,
    lxc_image,
    lxc_metadata,
    lxd_backup,
    lxd_metadata,
    model_artifact,
    oci_bundle,
    overlay_layer,
    platform_exports,
    registry_storage,
    skopeo_directory,
    software_package,
    sos_report,
    vagrant_box,
    virtual_appliance,
    volume,
    wasm_artifact,
    zarf_package,
)
from checker.interpretation.kinds.base import Recognizer, Traits
from checker.isolation import Steps
from checker.model.archive import OciLayout
from checker.model.known_kind import KnownKind
from checker.model.members import Members

_RECOGNIZERS: tuple[Recognizer, ...] = (
    skopeo_directory.KIND,
    checkpoint.KIND,
    docker_checkpoint.KIND,
    oci_bundle.KIND,
    lxd_metadata.KIND,
    lxc_image.KIND,
    lxc_container.KIND,
    lxc_metadata.KIND,
    lxd_backup.KIND,
    zarf_package.KIND,
    helm_chart.KIND,
    software_package.KIND,
    vagrant_box.KIND,
    virtual_appliance.KIND,
    sos_report.KIND,
    volume.KIND,
    platform_exports.KIND,
    docker_storage.KIND,
    overlay_layer.KIND,
    containers_storage.KIND,
    containerd_storage.KIND,
    registry_storage.KIND,
    build_context.KIND,
    disk_image.KIND,
    build_cache.KIND,
    helm_artifact.KIND,
    cosign_artifact.KIND,
    flux_artifact.KIND,
    wasm_artifact.KIND,
    model_artifact.KIND,
    artifact.KIND,
)

BUILTIN_KINDS = tuple(recognizer.kind.name for recognizer in _RECOGNIZERS)
"""The names of the kinds that need no plugin."""


def recognize(
    members: Members, oci: OciLayout | None, steps: Steps, others: Iterable[Recognizer] = ()
) -> KnownKind | None:
    """What an archive is that is neither an image nor a root filesystem; None if it is unknown.

    It may be in directories that contain all members: in the deepest, or in one above it, as a
    kind can be told by the only directory in it.

    Args:
        members: The members of the archive.
        oci: Its image layout, if it has one.
        steps: Runs the tests of the kinds; one that fails does not fit.
        others: Kinds of plugins, which are tried last.
    """
    return _found((*_RECOGNIZERS, *others), members, oci, steps)


def is_package_of_images(members: Members, steps: Steps, others: Iterable[Recognizer] = ()) -> bool:
    """Whether an archive with images in directories or members is of a kind that consists of them.

    Args:
        members: The members of the archive.
        steps: Runs the tests of the kinds; one that fails does not fit.
        others: Kinds of plugins, which are tried last.
    """
    recognizers = tuple(one for one in (*_RECOGNIZERS, *others) if one.contains_images)
    return _found(recognizers, members, None, steps) is not None


def _found(
    recognizers: Iterable[Recognizer], members: Members, oci: OciLayout | None, steps: Steps
) -> KnownKind | None:
    found = _first(recognizers, Traits(members, oci), steps)
    if found is not None:
        return found
    for directory in _upwards(members.wrapping_directory):
        inner = _first(recognizers, Traits(members, None, directory), steps)
        if inner is not None:
            return inner._replace(directory=directory)
    return None


def _upwards(directory: str | None) -> Iterator[str]:
    """A directory, and those above it."""
    while directory:
        yield directory
        directory = directory.rpartition("/")[0]


def _first(recognizers: Iterable[Recognizer], traits: Traits, steps: Steps) -> KnownKind | None:
    return next((one.kind for one in recognizers if _fits(one, traits, steps)), None)


def _fits(recognizer: Recognizer, traits: Traits, steps: Steps) -> bool:
    name = f"recognizing {recognizer.kind.title}"
    return steps.run(name, lambda: bool(recognizer.fits(traits)), otherwise=False)
