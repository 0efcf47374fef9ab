"""Pushing the image of an image layout, a directory (go-containerregistry v0.22, pkg/v1/layout).

``oci-layout`` is not read. Files are opened where their descriptors say, and are not compared with
them; the registry compares layers with their digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.entries import REGULAR, SYMLINK, clean_path
from checker.model.image import integer, items, mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES
from checker_engines.answers.content import (
    IS_DIRECTORY,
    LOOP,
    NO_FILE,
    NoFileError,
    file_of,
    raw_of,
)
from checker_engines.answers.reading import Answer
from checker_engines.answers.refusal import (
    BAD_INDEX,
    BAD_MANIFEST,
    NO_IMAGE,
    NOT_EXTRACTED,
    OTHER_LAYER,
    OTHER_SIZE,
    Refusal,
)
from checker_engines.ggcr.types import INDEX, MANIFEST
from checker_engines.golang.json import GoJsonError, Struct, decode_first

_MISSING = ("OCI005", "OCI008")
_CALLS = {
    NO_FILE: ("lstat", "the layout has no file {path}", _MISSING),
    IS_DIRECTORY: ("read", "{path} is a directory", NOT_EXTRACTED),
    LOOP: ("open", "{path} is a link that leads back to itself", NOT_EXTRACTED),
}
"""The system call that fails, the reason, and the rules that can explain it, by its error."""
_PUSHED = "the image is pushed under the name of the command; those of the layout are not"


class Directory:
    """The files of a layout, a directory.

    Args:
        archive: The facts.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def read(self, path: str) -> Blob | None:
        """The content of a file, links followed; None if it is empty.

        Raises:
            Refusal: There is no such file.
        """
        try:
            return file_of(self._archive, path)
        except NoFileError as error:
            call, reason, rules = _CALLS[str(error)]
            text = f"{call} <tmp>/{path}: {error}"
            raise Refusal(text, reason.format(path=path), rules) from None

    def blob(self, digest: str) -> Blob | None:
        """The content of a digest, not through a link (openBlob); None if it is empty.

        Raises:
            Refusal: There is no such file.
        """
        path = f"blobs/{digest.replace(':', '/', 1)}"
        found = self._archive.tar.entries.positions({clean_path(path)})[clean_path(path)]
        kind = chr(self._archive.tar.entries.kinds[found[-1]]) if found else REGULAR
        if kind != REGULAR:
            what = "a symlink" if kind == SYMLINK else "not a regular file"
            raise Refusal(
                f"layout blob {digest} is {what}", f"{path} is {what}", (*NOT_EXTRACTED, "OCI008")
            )
        return self.read(path)


def push_layout(archive: Archive) -> Answer:
    """Push the only image of a layout.

    Raises:
        Refusal: It cannot be pushed.
    """
    directory = Directory(archive)
    descriptor = _only_image(directory)
    media_type, digest = text(descriptor.get("mediaType")), text(descriptor.get("digest")) or ""
    if media_type in INDEX_TYPES:
        return pushed(_PUSHED, push_index(directory, digest))
    if media_type in MANIFEST_TYPES:
        return pushed(_PUSHED, push_image(directory, digest))
    raise Refusal(
        f'layout contains non-image (mediaType: "{media_type or ""}"), consider --index',
        f"index.json lists a {media_type or 'descriptor without a media type'}, not an image",
        ("OCI005", "OCI007"),
    )


def read_index(directory: Directory) -> Sequence[Mapping[str, object]]:
    """The descriptors of ``index.json``.

    Raises:
        Refusal: It is missing, or does not decode.
    """
    try:
        raw = raw_of(directory.read("index.json"))
    except Refusal as refusal:
        raise Refusal(
            refusal.message.replace("lstat", "stat", 1),
            "its top level has no index.json, so it is not an image layout",
            ("OCI004", *NO_IMAGE),
        ) from None
    return [mapping(each) for each in items(_decoded(raw, INDEX, BAD_INDEX).get("manifests"))]


def _only_image(directory: Directory) -> Mapping[str, object]:
    try:
        manifests = read_index(directory)
    except Refusal as refusal:
        if "OCI004" not in refusal.rules:
            raise
        message = f"loading <tmp> as OCI layout: {refusal.message}"
        raise Refusal(message, refusal.reason, refusal.rules) from None
    if len(manifests) != 1:
        raise Refusal(
            f"layout contains {len(manifests)} entries, consider --index",
            f"index.json lists {len(manifests)} images; crane pushes one, or all with --index",
            ("OCI005", "OCI023"),
        )
    return manifests[0]


def push_index(directory: Directory, digest: str) -> Sequence[str]:
    """Push an index with its images; the digests of what the registry then does not have.

    Raises:
        Refusal: An image of it cannot be pushed.
    """
    children = _children(directory, digest)
    return [each for child in children for each in push_image(directory, child)]


def _children(directory: Directory, digest: str) -> Sequence[str]:
    index = _decoded(raw_of(directory.blob(digest)), INDEX, BAD_INDEX)
    children = (mapping(each) for each in items(index.get("manifests")))
    return [
        text(each.get("digest")) or ""
        for each in children
        if text(each.get("mediaType")) in MANIFEST_TYPES
    ]


def push_image(directory: Directory, digest: str) -> Sequence[str]:
    """Push an image; the digests of what the registry then does not have.

    Raises:
        Refusal: It cannot be pushed.
    """
    manifest = _decoded(raw_of(directory.blob(digest)), MANIFEST, BAD_MANIFEST)
    for each in items(manifest.get("layers")):
        _push_layer(directory, mapping(each))
    config = text(mapping(manifest.get("config")).get("digest")) or ""
    blob = directory.blob(config)
    # It is stored by the digest of its content, whatever the manifest says.
    return [config] if _is_other(blob, config) else []


def _push_layer(directory: Directory, descriptor: Mapping[str, object]) -> None:
    digest, size = text(descriptor.get("digest")) or "", integer(descriptor.get("size")) or 0
    blob = directory.blob(digest)
    found = 0 if blob is None else blob.size
    if found != size:
        raise Refusal(
            "net/http: HTTP/1.x transport connection broken: http: "
            f"ContentLength={size} with Body length {found}",
            f"{digest} has {found} bytes, its descriptor says {size}",
            (*OTHER_SIZE, *OTHER_LAYER),
        )
    if _is_other(blob, digest):
        raise Refusal(
            "DIGEST_INVALID: digest does not match contents",
            f"the content of {digest} has another digest, so the registry refuses it",
            OTHER_LAYER,
        )


def _is_other(blob: Blob | None, digest: str) -> bool:
    return blob is not None and digest.startswith("sha256:") and blob.digest != digest


def pushed(reason: str, missing: Sequence[str]) -> Answer:
    """The answer for images that were pushed.

    Args:
        reason: What is said if they can be pulled.
        missing: The digests of what the registry does not have.
    """
    if not missing:
        return Answer(reason)
    return Answer(
        f"the image is pushed, but cannot be pulled: the content of its config {missing[0]} has "
        "another digest",
        is_broken=True,
        rules=("OCI009",),
    )


def _decoded(raw: bytes, shape: Struct, rules: tuple[str, ...]) -> Mapping[str, object]:
    try:
        return mapping(decode_first(raw, shape))
    except GoJsonError as error:
        reason = f"a document does not decode as a {shape.go_name}"
        raise Refusal(str(error), reason, rules) from None
