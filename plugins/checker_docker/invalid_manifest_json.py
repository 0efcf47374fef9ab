"""DKR001: a manifest.json that is not what `docker load` reads."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.blob import Blob
from checker.model.document import Document
from checker_docker.manifest_json import no_manifest_reason

_KEYS = {key.lower(): key for key in ("Config", "RepoTags", "Layers", "Parent", "LayerSources")}


class InvalidManifestJson(Check):
    """manifest.json is not a valid list of images.

    What it means:
        `manifest.json` must be one JSON array with an object for each image, which gives the path
        of its config, the paths of its layers and its names. Here it is no JSON, has a byte order
        mark or something behind it, holds `null` or no image, or a value of the wrong type. Keys
        that are repeated, or spelled in another case than `Config`, `RepoTags` and `Layers`, and
        bytes that are not UTF-8 are warnings.

    Why it matters:
        `docker load`, `podman load`, `ctr image import` and skopeo's docker-archive read images by
        this file. They refuse it if they cannot decode it; an empty list makes some of them
        succeed with nothing loaded. containerd decodes it even if there is an OCI layout beside
        it, so a broken one spoils an archive that is sound otherwise. Bytes behind the array are
        ignored by Docker and refused by Podman and skopeo.

    How to fix it:
        Save the image again, or correct the place that the message names.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go: "invalid manifest, manifest cannot be null"
        - containers/image, docker/internal/tarfile/reader.go
    """

    id = "DKR001"
    name = "invalid-manifest-json"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file there is nothing to look at."""
        return no_manifest_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the bytes of the document, then at its values."""
        blob = None if archive.docker is None else archive.docker.blob
        document = None if blob is None else blob.document
        if blob is None or document is None:
            return
        yield from self._bytes(blob, document)
        if document.error is None:
            yield from self._value(blob, document)

    def _bytes(self, blob: Blob, document: Document) -> Iterator[Finding]:
        if document.bom:
            yield self.finding(
                blob,
                "manifest.json begins with a byte order mark, which Go's JSON decoder refuses",
                at={"offset": 0},
            )
        if document.error is not None:
            yield self.finding(
                blob,
                f"manifest.json is no JSON: {document.error}",
                at={"offset": document.error_offset},
            )
        elif document.not_utf8 is not None:
            yield self.finding(
                blob,
                f"manifest.json is not UTF-8 at byte {document.not_utf8}; engines replace that "
                "byte and read on",
                at={"offset": document.not_utf8},
                severity=Severity.WARNING,
            )
        if document.trailing is not None:
            yield self.finding(
                blob,
                f"manifest.json goes on at byte {document.trailing}, behind its first JSON value; "
                "Docker ignores that, Podman and skopeo refuse it",
                at={"offset": document.trailing},
            )
        for place in document.duplicate_keys:
            yield self.finding(
                blob,
                f"manifest.json has the key {place} more than once; the last one counts",
                at={"pointer": place},
                severity=Severity.WARNING,
            )

    def _value(self, blob: Blob, document: Document) -> Iterator[Finding]:
        if document.value is None:
            message = (
                "manifest.json holds null; engines say: manifest cannot be null (but can be [])"
            )
            yield self.finding(blob, message, at={"pointer": ""})
            return
        if document.value == []:
            message = "manifest.json lists no image, so nothing can be loaded by it"
            yield self.finding(blob, message, at={"pointer": ""})
            return
        yield from self._keys(blob, document.value)
        yield from self._schema(blob, document.value)

    def _keys(self, blob: Blob, value: object) -> Iterator[Finding]:
        for place, exact in _respelled(value).items():
            yield self.finding(
                blob,
                f"manifest.json has the key {place} where the specification has {exact}; Go reads "
                "it all the same, other readers do not",
                at={"pointer": place},
                severity=Severity.WARNING,
            )

    def _schema(self, blob: Blob, value: object) -> Iterator[Finding]:
        from checker_schemas import validate

        original = {_exact_place(place, exact): place for place, exact in _respelled(value).items()}
        for error in validate("docker-manifest-json", _with_exact_keys(value)):
            place = _as_spelled(error.pointer, original)
            yield self.finding(
                blob,
                f"manifest.json, {place or 'the document'}: found {error.found}, expected "
                f"{error.expected}",
                at={"pointer": place},
            )


def _respelled(value: object) -> dict[str, str]:
    """The keys that are spelled in another case: their pointers, and how they should be."""
    found: dict[str, str] = {}
    for i, item in enumerate(value if isinstance(value, list) else ()):
        for key in item if isinstance(item, dict) else ():
            exact = _KEYS.get(key.lower())
            if exact is not None and exact != key:
                found[f"/{i}/{key}"] = exact
    return found


def _exact_place(place: str, exact: str) -> str:
    return f"{place.rpartition('/')[0]}/{exact}"


def _as_spelled(place: str, original: dict[str, str]) -> str:
    """A pointer into the document with exact keys, as one into the document itself."""
    head = "/".join(place.split("/")[:3])
    return original.get(head, head) + place[len(head) :]


def _with_exact_keys(value: object) -> object:
    """The document as Go's decoder sees it."""
    if not isinstance(value, list):
        return value
    return [
        {_KEYS.get(key.lower(), key): member for key, member in item.items()}
        if isinstance(item, dict)
        else item
        for item in value
    ]
