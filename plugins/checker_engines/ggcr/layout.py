"""Pushing the image of an image layout, a directory (go-containerregistry v0.22, pkg/v1/layout).

``oci-layout`` is not read. Files are opened where their descriptors say, and are not compared with
them; the registry compares layers with their digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.entries import HARD_LINK, REGULAR, SYMLINK
from checker.model.image import integer, items, mapping, text
from checker.model.names import INDEX_TYPES, MANIFEST_TYPES
from checker_engines.answers.content import (
    IS_DIRECTORY,
    LOOP,
    NO_FILE,
    NoFileError,
    file_of,
    raw_of,
    resolve,
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
from checker_engines.golang.json import GoJsonError, Struct, decode_document, decode_first

ALGORITHMS = frozenset({"sha256", "sha512"})
"""The algorithms of digests that v0.22 knows."""
_MISSING = ("OCI005", "OCI008")
_CALLS = {
    NO_FILE: ("lstat", "the layout has no file {path}", _MISSING),
    IS_DIRECTORY: ("read", "{path} is a directory", NOT_EXTRACTED),
    LOOP: ("lstat", "{path} is a link that leads back to itself", NOT_EXTRACTED),
}
"""The system call that fails, the reason, and the rules that can explain it, by its error."""
_PUSHED = "the image is pushed under the name of the command; those of the layout are not"


class Directory:
    """The files of a layout, a directory.

    Args:
        archive: The facts.
        algorithms: The algorithms of digests that the version of the library knows.
    """

    def __init__(self, archive: Archive, algorithms: frozenset[str] = ALGORITHMS) -> None:
        self._archive = archive
        self._algorithms = algorithms

    def read(self, path: str) -> Blob | None:
        """The content of a file, links followed; None if it is empty.

        Raises:
            Refusal: There is no such file.
        """
        with self._calling(path):
            return file_of(self._archive, path)

    @contextmanager
    def _calling(self, path: str) -> Iterator[None]:
        """Say which system call fails for a path."""
        try:
            yield
        except NoFileError as error:
            call, reason, rules = _CALLS[str(error)]
            text = f"{call} <tmp>/{path}: {error}"
            raise Refusal(text, reason.format(path=path), rules) from None

    def check_digests(self, descriptors: Iterable[Mapping[str, object]]) -> None:
        """Refuse digests of an algorithm that is not known (hash.go, Hash.parse).

        Raises:
            Refusal: One is of another algorithm.
        """
        for each in descriptors:
            algorithm = (text(each.get("digest")) or "").partition(":")[0]
            if algorithm and algorithm not in self._algorithms:
                raise Refusal(
                    f'unsupported hash: "{algorithm}"',
                    f"a descriptor has a digest of the algorithm {algorithm}, which the tool does "
                    "not know",
                    ("OCI007", "OCI016"),
                )

    def blob(self, digest: str) -> Blob | None:
        """The content of a digest, not through a link (openBlob); None if it is empty.

        Raises:
            Refusal: There is no such file.
        """
        path = f"blobs/{digest.replace(':', '/', 1)}"
        directory, _, name = path.rpartition("/")
        with self._calling(path):
            place = f"{resolve(self._archive, directory)}/{name}".rstrip("/")
        entries = self._archive.tar.entries
        position = entries.by_path.get(place)
        kind = REGULAR if position is None else chr(entries.kinds[position])
        if kind not in (REGULAR, HARD_LINK):
            what = "a symlink" if kind == SYMLINK else "not a regular file"
            raise Refusal(
                f"layout blob {digest or ':'} is {what}",
                f"{path} is {what}",
                (*NOT_EXTRACTED, "OCI007", "OCI008"),
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
    index = _decoded(decode_document, raw, INDEX, BAD_INDEX)
    return _descriptors(directory, index)


def _descriptors(
    directory: Directory, index: Mapping[str, object]
) -> Sequence[Mapping[str, object]]:
    descriptors = [mapping(each) for each in items(index.get("manifests"))]
    directory.check_digests(descriptors)
    return descriptors


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
    """Push an index with all below it; the digests of what the registry then does not have.

    Raises:
        Refusal: Something of it cannot be pushed.
    """
    missing: list[str] = []
    left, seen = [digest], {digest}
    while left:
        for child in _children(directory, left.pop()):
            below = text(child.get("digest")) or ""
            if text(child.get("mediaType")) in MANIFEST_TYPES:
                missing += push_image(directory, below)
            elif below not in seen:
                seen.add(below)
                left.append(below)
    return missing


def _children(directory: Directory, digest: str) -> Sequence[Mapping[str, object]]:
    """What an index lists: images and indexes (remote/pusher.go, writeChild)."""
    index = _decoded(decode_document, raw_of(directory.blob(digest)), INDEX, BAD_INDEX)
    children = _descriptors(directory, index)
    for each in children:
        media_type = text(each.get("mediaType")) or ""
        if media_type not in MANIFEST_TYPES | INDEX_TYPES:
            raise Refusal(
                "encountered unknown child: partial.describable",
                f"the index {digest} lists {media_type or 'a descriptor without a media type'}, "
                "which is neither an image nor an index",
                ("OCI007", "OCI011", "OCI028"),
            )
    return children


def push_image(directory: Directory, digest: str) -> Sequence[str]:
    """Push an image; the digests of what the registry then does not have.

    Raises:
        Refusal: It cannot be pushed.
    """
    raw = raw_of(directory.blob(digest))
    manifest = _decoded(decode_first, raw, MANIFEST, BAD_MANIFEST)
    layers = [mapping(each) for each in items(manifest.get("layers"))]
    descriptor = mapping(manifest.get("config"))
    directory.check_digests((descriptor, *layers))
    for each in layers:
        _push_layer(directory, each)
    config = text(descriptor.get("digest")) or ""
    blob = directory.blob(config)
    # Its media type is read again before it is sent (remote/write.go, unpackTaggable).
    _decoded(decode_document, raw, MANIFEST, BAD_MANIFEST)
    # It is stored by the digest of its content, whatever the manifest says.
    return [config] if _is_other(blob, config) else []


def _push_layer(directory: Directory, descriptor: Mapping[str, object]) -> None:
    digest, size = text(descriptor.get("digest")) or "", integer(descriptor.get("size")) or 0
    blob = directory.blob(digest)
    found = 0 if blob is None else blob.size
    # Without a size, the layer is sent until it ends.
    if size and found != size:
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


def _decoded(
    decode: Callable[[bytes, Struct], object], raw: bytes, shape: Struct, rules: tuple[str, ...]
) -> Mapping[str, object]:
    try:
        return mapping(decode(raw, shape))
    except GoJsonError as error:
        reason = f"a document does not decode as a {shape.go_name}"
        raise Refusal(str(error), reason, rules) from None
