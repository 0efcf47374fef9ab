"""CRI-O: images that ``podman load`` stores where CRI-O finds them (CRI-O 1.36.3).

CRI-O itself reads no archive: it only pulls from registries (internal/storage/image.go,
remoteImageReference). Its storage is that of root's Podman, with the same containers-storage, so
that an image which is loaded there can be used. The kubelet asks for it by a name
(server/image_status.go, storageImageStatus): an ID is not a valid name in a pod.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from checker.model.archive import Kind
from checker.verdicts import (
    Engine,
    EngineProfile,
    Evidence,
    Question,
    ReleaseRange,
    Verdict,
    VerdictOutcome,
)
from checker_engines.containers import decisions
from checker_engines.containers.docker_archive import DockerArchive
from checker_engines.containers.podman import loading, name_in_layout
from checker_engines.containers.versions import PODMAN_5

_NAME, _ACTION = "cri-o-1", "podman load"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_OTHER_STORAGE = (
    "rootless Podman stores the image in the home directory of its user, where CRI-O does not "
    "look: load it as root"
)
_INVISIBLE = (
    "Podman stores {what} without a name, and a pod cannot name an image by its ID: save it by its "
    "name, or run podman tag afterwards"
)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="cri-o",
        releases=(ReleaseRange("1.36", "1.36"),),
        library="containers/image 5.38, containers-storage 1.61, shared with podman-5",
        evidence=Evidence.READ,
        groups=("kubernetes",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a load by Podman into the storage of CRI-O."""
    follows = f"CRI-O 1.36.3 beside podman {PODMAN_5.follows}"
    decides = partial(decisions.shared_storage, PODMAN_5.library)
    yield Engine(_NAME, _ACTION, _load, follows, decides, _SUITS)


def _load(question: Question) -> Verdict:
    found = loading(PODMAN_5, question)
    verdict = found.verdict._replace(engine=_NAME, action=_ACTION)
    if verdict.outcome is not VerdictOutcome.ACCEPTS or verdict.limit is not None:
        return verdict
    if question.host.rootless:
        return verdict._replace(outcome=VerdictOutcome.ACCEPTS_BROKEN, reason=_OTHER_STORAGE)
    named = _named(found.transport, question)
    if all(named):
        return verdict._replace(reason=f"{verdict.reason}, and CRI-O finds it by its name")
    images = len(named)
    what = "the image" if images == 1 else f"{named.count(False)} of {images} images"
    return verdict._replace(
        outcome=VerdictOutcome.ACCEPTS_BROKEN,
        reason=_INVISIBLE.format(what=what),
        rules=("DKR012", "OCI018"),
    )


def _named(transport: str, question: Question) -> Sequence[bool]:
    """Whether each image that was loaded has a name."""
    archive = question.archive
    if transport == "docker-archive":
        return [bool(item.tags) for item in DockerArchive(archive, PODMAN_5.library).items]
    layout = archive.oci
    root = None if layout is None or transport == "dir" else layout.root_index
    manifests = () if root is None else root.manifests
    return [bool(name_in_layout({"annotations": each.annotations})) for each in manifests] or [
        False
    ]
