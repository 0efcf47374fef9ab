"""OCI012: a document with members of both an index and a manifest."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.document import pointer
from checker.model.image import Nature, mapping
from checker_oci.documents import FOREIGN, LayoutCheck, Part, indexes, manifests

_LOWERED = {nature: {name.lower() for name in names} for nature, names in FOREIGN.items()}
_ARTICLES = {Nature.INDEX: "an index", Nature.MANIFEST: "a manifest"}
_OWNERS = {
    "config": "a manifest",
    "layers": "a manifest",
    "manifests": "an index",
    "fslayers": "a Docker schema 1 manifest",
    "history": "a Docker schema 1 manifest",
}


class AmbiguousDocument(LayoutCheck):
    """A document has members of both an index and a manifest.

    What it means:
        An index lists ``manifests``; a manifest has ``config`` and ``layers``; a Docker schema 1
        manifest has ``fsLayers`` and ``history``. Here one document has members of two of them, so
        it can be interpreted in two ways. Go's decoder ignores the case of names, so ``Manifests``
        is reported too.

    Why it matters:
        Such a document can show one image to a scanner and another one to the engine
        (CVE-2021-41190). containerd, Podman and skopeo reject it: ``expected manifest but found
        index``, ``rejecting ambiguous manifest``.

    How to fix it:
        Remove the members that do not belong to the document's type, and update its digest and size
        in the descriptors that reference it. A manifest, for example, must not list manifests:

            {"schemaVersion": 2, "config": {…}, "layers": […], "manifests": […]}
            {"schemaVersion": 2, "config": {…}, "layers": […]}

    References:
        - OCI image-spec 1.1, manifest.md and image-index.md, mediaType
        - OCI image-spec advisory GHSA-77vh-xpmg-72qh
        - containerd 2, core/images/image.go, validateMediaType
        - containers/image, internal/manifest/manifest.go, ValidateUnambiguousManifestFormat
    """

    id = "OCI012"
    name = "ambiguous-document"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for members that belong to another type of document."""
        for part in (*indexes(archive), *manifests(archive)):
            if not part.is_other:
                yield from self._inspect(part)

    def _inspect(self, part: Part) -> Iterator[Finding]:
        foreign = _LOWERED[part.nature]
        for name, value in mapping(part.value).items():
            if value is not None and name.lower() in foreign:
                yield self.finding(
                    part.blob,
                    f'{part.label} is {_ARTICLES[part.nature]}, but has the member "{name}" of '
                    f"{_OWNERS[name.lower()]}; engines reject ambiguous documents",
                    at={"pointer": pointer(name)},
                )
