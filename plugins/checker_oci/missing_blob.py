"""OCI008: a descriptor that references content that is not in the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from checker import Archive, Descriptor, Finding, Index, Manifest, Severity
from checker.checks.backslashes import hint
from checker.checks.listing import first_few
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.model.names import FOREIGN_LAYER_TYPES, shorten
from checker.records import NamedTuple
from checker_oci.documents import WholeLayoutCheck, content, place, refers_to_image, short_name

_NAMED = 5


class _State(Enum):
    """How much of the content that a descriptor in an index references is in the archive."""

    PRESENT = "present"
    MANIFEST_ONLY = "manifest only"
    ABSENT = "absent"


class _Choice(NamedTuple):
    """One of several descriptors in an index of which an engine needs one."""

    descriptor: Descriptor
    state: _State

    @property
    def is_image(self) -> bool:
        """Whether it is an image or an index, as opposed to an artifact or an attestation."""
        return refers_to_image(self.descriptor)


class MissingBlob(WholeLayoutCheck):
    """A descriptor references content that is not in the archive.

    What it means:
        The archive does not contain the manifest, config or layer in ``blobs`` under its digest.

        A layout may be incomplete, so the severity depends on what is missing. It is an error if an
        image cannot work without it: the only manifest of a name, or the config or a layer of an
        image whose manifest exists. It is a note if another platform of the same image is complete
        (``docker save`` omits platforms that were not pulled), for attestations and artifacts, and
        for layers that have ``urls`` or are not distributable. The ``subject`` of a manifest and
        content that is embedded in a descriptor may be absent.

    Why it matters:
        Podman, skopeo and ctr reject an incomplete image. ``docker load`` on the containerd image
        store accepts it and lists its name, but creating a container from it fails. An archive
        without other platforms loads, except with ``ctr image import --all-platforms``, as kind and
        k3s do it: ``content digest …: not found``.

    How to fix it:
        Pull the image completely and create the archive again, with all intended platforms:

            skopeo copy --all docker://docker.io/library/app:1 oci-archive:app.tar:1

        Or create it for one platform only, without a list of the others (Docker 28.0 and later):

            docker save --platform linux/amd64 -o app.tar app:1

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs"
        - containerd 2, core/images/archive/exporter.go, Export
        - Docker 25 and later, daemon/containerd/image_exporter.go, LoadImage
    """

    id = "OCI008"
    name = "missing-blob"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the content that indexes reference, then for that of manifests."""
        if archive.oci is None:
            return
        manifests = {each.blob.path: each for each in archive.oci.manifests}
        optional: set[str] = set()
        for index in archive.oci.indexes:
            for choices in _choices(archive, index, manifests):
                yield from self._incomplete(archive, index, choices)
                optional.update(_paths_of(_optional(choices)))
        for path, manifest in manifests.items():
            if path not in optional and _is_intact(manifest):
                yield from self._content(archive, manifest)

    def _incomplete(
        self, archive: Archive, index: Index, choices: list[_Choice]
    ) -> Iterator[Finding]:
        optional = _optional(choices)
        skipped = {id(choice) for choice in optional}
        reported: set[str | None] = set()
        for choice in choices:
            digest = choice.descriptor.digest_text
            needed = choice.state is _State.ABSENT and id(choice) not in skipped
            if needed and digest not in reported:
                reported.add(digest)
                yield self._missing(archive, choice.descriptor, Severity.ERROR)
        if optional:
            yield self._left_out(index, [choice.descriptor for choice in optional])

    def _left_out(self, index: Index, descriptors: list[Descriptor]) -> Finding:
        first, *others = descriptors
        named = first_few(descriptors, _NAMED, _short)
        return self.finding(
            first,
            f"{short_name(index.location)} references content that is not in the archive: "
            f"{named}; no image in the archive needs it{_all_platforms(descriptors)}",
            at={"digest": first.digest_text},
            related=[each.location for each in others[:_NAMED]],
            severity=Severity.NOTE,
        )

    def _content(self, archive: Archive, manifest: Manifest) -> Iterator[Finding]:
        reported: set[str | None] = set()
        for descriptor in content(manifest):
            if descriptor.digest_text in reported or not _is_absent(archive, descriptor):
                continue
            reported.add(descriptor.digest_text)
            needed = manifest.is_image and not _may_be_elsewhere(descriptor)
            yield self._missing(archive, descriptor, Severity.ERROR if needed else Severity.NOTE)

    def _missing(self, archive: Archive, descriptor: Descriptor, severity: Severity) -> Finding:
        digest = descriptor.digest
        other = "" if digest is None else hint(archive, digest.blob_path)
        source = f"; it lists the download URL {descriptor.urls[0]}" if descriptor.urls else ""
        return self.finding(
            descriptor,
            f"{place(descriptor)} references {descriptor.digest_text}, which is not in the archive"
            f"{source}{other}",
            at={"digest": descriptor.digest_text},
            severity=severity,
        )


def _choices(
    archive: Archive, index: Index, manifests: dict[str, Manifest]
) -> Iterable[list[_Choice]]:
    """The descriptors in an index, grouped; an engine selects one of each group.

    A nested index is one image for several platforms. In ``index.json``, descriptors with the
    same name and a platform belong together.
    """
    groups: dict[tuple[str | None, ...], list[_Choice]] = {}
    for descriptor in index.manifests:
        key = () if index.depth else _key(descriptor)
        state = _state(archive, descriptor, manifests)
        groups.setdefault(key, []).append(_Choice(descriptor, state))
    return groups.values()


def _key(descriptor: Descriptor) -> tuple[str | None, ...]:
    name = descriptor.annotations.get(CONTAINERD_NAME) or descriptor.annotations.get(REF_NAME)
    return (name,) if descriptor.platform is not None else (name, descriptor.digest_text)


def _state(archive: Archive, descriptor: Descriptor, manifests: dict[str, Manifest]) -> _State:
    if _is_absent(archive, descriptor):
        return _State.ABSENT
    blob = archive.members.blob_of(descriptor.digest)
    manifest = None if blob is None else manifests.get(blob.path)
    parts = () if manifest is None else content(manifest)
    is_alone = bool(parts) and all(_is_absent(archive, part) for part in parts)
    return _State.MANIFEST_ONLY if is_alone else _State.PRESENT


def _optional(choices: list[_Choice]) -> list[_Choice]:
    """The choices that are not in the archive and that no image needs."""
    complete = any(choice.is_image and choice.state is _State.PRESENT for choice in choices)
    return [
        choice
        for choice in choices
        if choice.state is not _State.PRESENT and (complete or not choice.is_image)
    ]


def _paths_of(choices: Iterable[_Choice]) -> Iterator[str]:
    digests = (choice.descriptor.digest for choice in choices)
    return (digest.blob_path for digest in digests if digest is not None)


def _is_absent(archive: Archive, descriptor: Descriptor) -> bool:
    """Whether content has a valid digest, is not embedded, and is not in the archive."""
    if descriptor.digest is None or descriptor.data is not None:
        return False
    entry = archive.members.find(descriptor.digest.blob_path)
    return entry is None or not entry.is_file


def _is_intact(manifest: Manifest) -> bool:
    """Whether a manifest matches its digest; OCI009 reports others."""
    digest = manifest.descriptor.digest
    return digest is None or manifest.blob.hashes_to(digest) is not False


def _may_be_elsewhere(descriptor: Descriptor) -> bool:
    return bool(descriptor.urls) or descriptor.media_type in FOREIGN_LAYER_TYPES


def _short(descriptor: Descriptor) -> str:
    """A descriptor in a list: its platform, and its digest."""
    digest = shorten(descriptor.digest_text or "")
    if descriptor.is_attestation:
        return f"an attestation ({digest})"
    return digest if descriptor.platform is None else f"{descriptor.platform} ({digest})"


def _all_platforms(descriptors: Iterable[Descriptor]) -> str:
    """What becomes of other platforms that were left out, if there are any."""
    if not any(refers_to_image(each) and each.platform is not None for each in descriptors):
        return ""
    return (
        "; ctr image import --all-platforms, which kind and k3s use, refuses the archive; create "
        "it for the platforms in it alone (docker save --platform)"
    )
