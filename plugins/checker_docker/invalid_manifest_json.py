"""DKR001: a manifest.json that is not a valid list of images."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Document, Finding, Severity
from checker.checks.documents import interoperability_problems
from checker_docker.manifest_json import ManifestJsonCheck

_KEYS = {key.lower(): key for key in ("Config", "RepoTags", "Layers", "Parent", "LayerSources")}


class InvalidManifestJson(ManifestJsonCheck):
    """manifest.json is not a valid list of images.

    What it means:
        `manifest.json` must be one JSON array with an object for each image that contains the path
        of its config, the paths of its layers and its names. Here it is not valid JSON, begins with
        a byte order mark, has trailing data, contains `null` or an empty list, or a value has the
        wrong type. Repeated keys and bytes that are not UTF-8 are warnings. Keys that differ in
        case from `Config`, `RepoTags` and `Layers` are notes: all engines accept them. So are
        numbers and texts that only some readers can represent, such as ``1e400`` (I-JSON).

    Why it matters:
        `docker load`, `podman load`, `ctr image import` and skopeo's docker-archive find images
        through this file. They reject it if they cannot decode it; with an empty list some of them
        succeed without loading anything. containerd decodes it even if the archive is also an OCI
        layout, so an invalid file makes an otherwise valid archive unusable. Docker ignores
        trailing data, Podman and skopeo reject it.

    How to fix it:
        Save the image again, or correct the place that the message names. A valid file:

            [{"Config": "blobs/sha256/…", "RepoTags": ["app:1"], "Layers": ["blobs/sha256/…"]}]

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go: "invalid manifest, manifest cannot be null"
        - containers/image, docker/internal/tarfile/reader.go
    """

    id = "DKR001"
    name = "invalid-manifest-json"
    severity = Severity.ERROR
    since = "0.1.0"

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
                "manifest.json begins with a byte order mark, which Go's JSON decoder rejects",
                at={"offset": 0},
            )
        if document.error is not None:
            yield self.finding(
                blob,
                f"manifest.json is not valid JSON: {document.error}",
                at={"offset": document.error_offset},
            )
        elif document.not_utf8 is not None:
            yield self.finding(
                blob,
                f"manifest.json is not valid UTF-8 at byte {document.not_utf8}; engines replace "
                "the byte and continue",
                at={"offset": document.not_utf8},
                severity=Severity.WARNING,
            )
        if document.trailing is not None:
            yield self.finding(
                blob,
                f"manifest.json has trailing data at byte {document.trailing} after the first JSON "
                "value; Docker ignores it, Podman and skopeo reject the file",
                at={"offset": document.trailing},
            )
        for place in document.duplicate_keys:
            yield self.finding(
                blob,
                f"manifest.json contains the key {place} more than once; engines use the last one",
                at={"pointer": place},
                severity=Severity.WARNING,
            )

        for problem in interoperability_problems(document) if document.error is None else ():
            yield self.finding(
                blob,
                f"manifest.json {problem.message}",
                at=problem.at,
                severity=problem.severity,
            )

    def _value(self, blob: Blob, document: Document) -> Iterator[Finding]:
        if document.value is None:
            message = (
                "manifest.json contains null; engines report: manifest cannot be null (but can be "
                "[])"
            )
            yield self.finding(blob, message, at={"pointer": ""})
            return
        if document.value == []:
            message = "manifest.json does not list an image, so there is nothing to load"
            yield self.finding(blob, message, at={"pointer": ""})
            return
        yield from self._keys(blob, document.value)
        yield from self._schema(blob, document.value)

    def _keys(self, blob: Blob, value: object) -> Iterator[Finding]:
        respelled = _respelled(value)
        if respelled:
            first, exact = next(iter(respelled.items()))
            more = f" (and {len(respelled) - 1} more like it)" if len(respelled) > 1 else ""
            yield self.finding(
                blob,
                f"manifest.json has the key {first}{more}, the specification says {exact}; engines "
                "read keys without regard to case, other readers ignore this one",
                at={"pointer": first},
                severity=Severity.NOTE,
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
    """The pointers of the keys that differ in case, with the correct spelling."""
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
    """The pointer into the document itself, for a pointer into the one with corrected keys."""
    head = "/".join(place.split("/")[:3])
    return original.get(head, head) + place[len(head) :]


def _with_exact_keys(value: object) -> object:
    """The document with corrected keys, as Go's decoder reads it."""
    if not isinstance(value, list):
        return value
    return [
        {_KEYS.get(key.lower(), key): member for key, member in item.items()}
        if isinstance(item, dict)
        else item
        for item in value
    ]
