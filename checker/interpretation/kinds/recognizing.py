"""Tries the known kinds one after the other."""

from __future__ import annotations

from checker.interpretation.kinds import (
    artifact,
    build_cache,
    build_context,
    checkpoint,
    cosign_artifact,
    flux_artifact,
    helm_artifact,
    helm_chart,
    lxc_image,
    model_artifact,
    oci_bundle,
    platform_exports,
    skopeo_directory,
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
    oci_bundle.KIND,
    lxc_image.KIND,
    zarf_package.KIND,
    helm_chart.KIND,
    volume.KIND,
    platform_exports.KIND,
    build_context.KIND,
    build_cache.KIND,
    helm_artifact.KIND,
    cosign_artifact.KIND,
    flux_artifact.KIND,
    wasm_artifact.KIND,
    model_artifact.KIND,
    artifact.KIND,
)


def recognize(members: Members, oci: OciLayout | None, steps: Steps) -> KnownKind | None:
    """What an archive is that is neither an image nor a root filesystem; None if it is unknown.

    It may be in a directory that contains all members.

    Args:
        members: The members of the archive.
        oci: Its image layout, if it has one.
        steps: Runs the tests of the kinds; one that fails does not fit.
    """
    found = _first(Traits(members, oci), steps)
    directory = members.wrapping_directory
    if found is not None or directory is None:
        return found
    inner = _first(Traits(members, None, directory), steps)
    return None if inner is None else inner._replace(directory=directory)


def _first(traits: Traits, steps: Steps) -> KnownKind | None:
    return next((one.kind for one in _RECOGNIZERS if _fits(one, traits, steps)), None)


def _fits(recognizer: Recognizer, traits: Traits, steps: Steps) -> bool:
    name = f"recognizing {recognizer.kind.title}"
    return steps.run(name, lambda: recognizer.fits(traits), otherwise=False)
