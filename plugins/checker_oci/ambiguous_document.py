"""OCI012: a document that could be an index and a manifest at once."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.document import pointer
from checker.model.image import Nature, mapping
from checker_oci.documents import LayoutCheck, Part, indexes, manifests

_STRANGE = {
    Nature.INDEX: ("config", "layers", "fsLayers", "history"),
    Nature.MANIFEST: ("manifests", "fsLayers", "history"),
}
_LOWERED = {nature: {name.lower() for name in names} for nature, names in _STRANGE.items()}
_ARTICLES = {Nature.INDEX: "an index", Nature.MANIFEST: "a manifest"}
_HOMES = {
    "config": "a manifest",
    "layers": "a manifest",
    "manifests": "an index",
    "fslayers": "a Docker schema 1 manifest",
    "history": "a Docker schema 1 manifest",
}


class AmbiguousDocument(LayoutCheck):
    """A document has members of an index and of a manifest.

    What it means:
        An index lists ``manifests``; a manifest has ``config`` and ``layers``; a Docker schema 1
        manifest has ``fsLayers`` and ``history``. Here one document has members of two of them,
        so it can be read in two ways. Go takes names in any case, so ``Manifests`` counts too.

    Why it matters:
        Such a document can show one image to a scanner and another one to the engine
        (CVE-2021-41190). containerd, Podman and skopeo therefore refuse it: ``expected manifest
        but found index``, ``rejecting ambiguous manifest``.

    How to fix it:
        Take the members out that do not belong to what the document is, and correct its digest
        and size in what refers to it.

    References:
        - OCI image-spec 1.1, manifest.md and image-index.md, mediaType
        - OCI image-spec advisory GHSA-77vh-xpmg-72qh
        - containerd 2, core/images/image.go, validateMediaType
        - containers/image, internal/manifest/manifest.go, ValidateUnambiguousManifestFormat
    """

    id = "OCI012"
    name = "ambiguous-document"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for members that belong to another kind of document."""
        for part in (*indexes(archive), *manifests(archive)):
            if not part.is_other:
                yield from self._look_at(part)

    def _look_at(self, part: Part) -> Iterator[Finding]:
        strange = _LOWERED[part.nature]
        for name, value in mapping(part.value).items():
            if value is not None and name.lower() in strange:
                yield self.finding(
                    part.blob,
                    f'{part.label} has the member "{name}" of {_HOMES[name.lower()]}, but is read '
                    f"as {_ARTICLES[part.nature]}",
                    at={"pointer": pointer(name)},
                )
