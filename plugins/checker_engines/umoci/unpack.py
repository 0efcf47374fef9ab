"""Unpacking an image of a layout (umoci 0.6, unpack.go; oci/cas/dir, oci/casext/refname.go)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from checker.model.archive import Archive, Source
from checker.model.entries import DIRECTORY, clean_path
from checker.model.image import Image, items, mapping, strings, text
from checker.model.names import MediaType
from checker.model.rootfs import Rootfs
from checker.model.work import Work
from checker.starting.accounts import PASSWD
from checker.starting.identity import user_obstacles
from checker_engines.answers.content import NO_FILE, NoFileError, file_of, raw_of
from checker_engines.answers.refusal import (
    BAD_CONFIG,
    BAD_INDEX,
    BAD_MANIFEST,
    LAYER_DAMAGED,
    NO_IMAGE,
    OTHER_LAYER,
    OTHER_LAYER_COUNT,
    Refusal,
)
from checker_engines.golang.fmt import quote
from checker_engines.golang.image_spec import IMAGE_LAYOUT, INDEX
from checker_engines.golang.json import GoJsonError, decode_document
from checker_engines.umoci.blobs import PARSED, Blobs, Node, mismatch_of, node_of
from checker_engines.umoci.layers import RootDirectory, unpacking_error

REF_NAME = "org.opencontainers.image.ref.name"
DEFAULT_TAG = "latest"
_VERSION = "1.0.0"
_INVALID = "invalid image detected"
_WORD = r"[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*"
_TAG = re.compile(rf"{_WORD}(?:/{_WORD})*")
_BUNDLE = "create runtime bundle: "
_ROOTFS = f"{_BUNDLE}unpack rootfs: "
_MANIFEST_WANTED = "descriptor does not point to ispec.MediaTypeImageManifest: not implemented"
_LAYERS = frozenset({MediaType.OCI_LAYER, MediaType.OCI_FOREIGN_LAYER})
_COMPRESSIONS = frozenset({"", "gzip", "zstd"})
_DEEPEST = 1_000


@contextmanager
def prefixed(words: str) -> Iterator[None]:
    """Add the name of a step to the error of a refusal."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(words + refusal.message, refusal.reason, refusal.rules) from None


@contextmanager
def _decoding(words: str, rules: tuple[str, ...]) -> Iterator[None]:
    """Add the name of a step to the error of a document that does not decode."""
    try:
        yield
    except GoJsonError as error:
        reason = "a document of the layout does not decode"
        raise Refusal(f"{words}{error}", reason, rules) from None


class Layout:
    """A layout that umoci opened.

    Args:
        archive: The directory.

    Raises:
        Refusal: It cannot be opened.
        OutOfWork: It was not read.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.blobs = Blobs(archive)
        with prefixed("open CAS: validate: "):
            self._validate()

    def _validate(self) -> None:
        if self._archive.source is not Source.DIRECTORY:
            raise Refusal(
                "read oci-layout: open <tmp>/oci-layout: not a directory",
                "it is a file; umoci reads the directory of an image layout: unpack it first",
            )
        version = self._version()
        if version != _VERSION:
            raise Refusal(
                f"layout version is not supported: {_INVALID}",
                f"oci-layout has the version {version!r}, only {_VERSION!r} is read",
                ("OCI001", "OCI002", "OCI003"),
            )
        kind = self._kind("blobs")
        if kind is None:
            raise Refusal(f"check blobdir: {_INVALID}", "it has no directory blobs", ("OCI008",))
        if kind != DIRECTORY:
            raise Refusal(
                f"blobdir is not a directory: {_INVALID}", "blobs is not a directory", ("OCI008",)
            )
        index = self._kind("index.json")
        if index is None:
            raise Refusal(f"check index: {_INVALID}", "it has no index.json", ("OCI004",))
        if index == DIRECTORY:
            raise Refusal(
                f"index is a directory: {_INVALID}", "index.json is a directory", ("OCI004",)
            )

    def _version(self) -> str:
        try:
            raw = raw_of(file_of(self._archive, "oci-layout"))
        except NoFileError as error:
            words = _INVALID if str(error) == NO_FILE else f"read <tmp>/oci-layout: {error}"
            reason = "its top level has no oci-layout, so it is not an image layout"
            raise Refusal(f"read oci-layout: {words}", reason, ("OCI001", *NO_IMAGE)) from None
        with _decoding("parse oci-layout: ", ("OCI001", "OCI002", "OCI003")):
            layout = mapping(decode_document(raw, IMAGE_LAYOUT))
        return text(layout.get("imageLayoutVersion")) or ""

    def _kind(self, path: str) -> str | None:
        """The kind of what is at a path, links followed; None if there is nothing."""
        entries = self._archive.tar.entries
        if path in entries.directories:
            return DIRECTORY
        try:
            file_of(self._archive, path)
        except NoFileError as error:
            if str(error) != NO_FILE:
                return DIRECTORY
            position = entries.by_path.get(clean_path(path))
            return None if position is None else DIRECTORY
        return ""

    def index(self) -> Sequence[Mapping[str, object]]:
        """The descriptors of ``index.json``.

        Raises:
            Refusal: It does not decode.
        """
        with _decoding("get top-level index: parse index: ", BAD_INDEX):
            index = mapping(decode_document(raw_of(file_of(self._archive, "index.json")), INDEX))
        return tuple(mapping(each) for each in items(index.get("manifests")))

    def resolve(self, tag: str, work: Work) -> Node:
        """The image of a tag (ResolveReference).

        Raises:
            Refusal: There is none, or there are several.
        """
        with prefixed("get descriptor: "):
            roots = [node_of(each) for each in self.index() if ref_name(each) == tag]
            found = [node for root in roots for node in self._walk(root, work)]
        if not found:
            raise Refusal(
                f"tag is not found: {tag}",
                f"index.json lists no image of the name {tag!r}",
                ("OCI005", "OCI023", "OCI025", *NO_IMAGE),
            )
        if len(found) > 1:
            raise Refusal(
                f"tag is ambiguous: {tag}",
                f"index.json leads to {len(found)} images of the name {tag!r}, such as one for "
                "each platform; umoci unpacks one",
                ("OCI005", "OCI023"),
            )
        return found[0]

    def _walk(self, root: Node, work: Work) -> Iterator[Node]:
        """What a descriptor leads to, as far as umoci follows it."""
        pending = [(root, 0)]
        while pending:
            node, depth = pending.pop()
            work.spend()
            if node.media_type == MediaType.OCI_MANIFEST or node.media_type not in PARSED:
                yield node
                continue
            with prefixed(f"walk {root.digest}: "):
                value = self.blobs.parse(node)
            if depth < _DEEPEST:
                children = [node_of(each) for each in items(value.get("manifests"))]
                subject = value.get("subject")
                children += [] if subject is None else [node_of(subject)]
                pending.extend((child, depth + 1) for child in reversed(children))


def ref_name(descriptor: Mapping[str, object]) -> str:
    """The name that a descriptor of an index has; empty without one."""
    return text(mapping(descriptor.get("annotations")).get(REF_NAME)) or ""


def tag_of(archive: Archive) -> str:
    """The first name of ``index.json`` that can be typed; ``latest`` if there is none."""
    root = None if archive.oci is None else archive.oci.root_index
    found = () if root is None else root.manifests
    names = (each.annotations.get(REF_NAME, "") for each in found)
    return next((name for name in names if _TAG.fullmatch(name)), DEFAULT_TAG)


def unpack_image(archive: Archive, tag: str, work: Work) -> None:
    """Unpack the image of a tag to a bundle (umoci.Unpack).

    Raises:
        Refusal: It cannot be unpacked.
        OutOfWork: It is not known whether it can.
    """
    layout = Layout(archive)
    node = layout.resolve(tag, work)
    manifest = _manifest(layout, node)
    config = unpack_layers(layout.blobs, manifest, work)
    with prefixed(f"{_BUNDLE}unpack config.json: generate config.json: "):
        _check_config(config, _image(archive, node))


def _manifest(layout: Layout, node: Node) -> Mapping[str, object]:
    with prefixed("get manifest: "):
        if node.media_type == MediaType.OCI_MANIFEST:
            return layout.blobs.parse(node)
        layout.blobs.open(node)
    raise Refusal(
        f"invalid --image tag: {_MANIFEST_WANTED}: {node.media_type}",
        f"the image has the media type {node.media_type!r}; umoci reads OCI manifests only",
        (*BAD_INDEX, "OCI006"),
    )


def unpack_layers(
    blobs: Blobs, manifest: Mapping[str, object], work: Work, start: str = _ROOTFS
) -> Mapping[str, object]:
    """Unpack the layers of a manifest to a root (UnpackRootfs).

    Args:
        blobs: The blobs.
        manifest: The manifest.
        work: What may be spent on it.
        start: What errors begin with.

    Returns:
        The config.

    Raises:
        Refusal: They cannot be unpacked.
        OutOfWork: It is not known whether they can.
    """
    with prefixed(start):
        node = node_of(manifest.get("config"))
        config = _config(blobs, node)
        rootfs = mapping(config.get("rootfs"))
        kind = text(rootfs.get("type")) or ""
        if kind != "layers":
            raise Refusal(
                f"unpack rootfs: config: unsupported rootfs.type: {kind}",
                f"the config has the rootfs.type {kind!r}, not 'layers'",
                BAD_CONFIG,
            )
        diff_ids = [text(each) or "" for each in items(rootfs.get("diff_ids"))]
        tree = RootDirectory(work)
        for number, each in enumerate(items(manifest.get("layers"))):
            if number >= len(diff_ids):
                break
            _unpack_layer(blobs, node_of(each), diff_ids[number], tree)
    if number_of(manifest) > len(diff_ids):
        count = len(diff_ids)
        raise Refusal(
            f"panic: runtime error: index out of range [{count}] with length {count}",
            f"the config lists {count} layers, the manifest more; umoci crashes",
            OTHER_LAYER_COUNT,
        )
    return config


def number_of(manifest: Mapping[str, object]) -> int:
    """The number of layers of a manifest."""
    return len(items(manifest.get("layers")))


def _config(blobs: Blobs, node: Node) -> Mapping[str, object]:
    with prefixed("get config blob: "):
        if node.media_type in PARSED:
            value = blobs.parse(node)
        else:
            blobs.open(node)
            value = {}
    if node.media_type != MediaType.OCI_CONFIG:
        wanted = f"config blob is not correct mediatype {MediaType.OCI_CONFIG}"
        raise Refusal(
            f"unpack rootfs: {wanted}: {node.media_type}",
            f"the config has the media type {node.media_type!r}",
            BAD_MANIFEST,
        )
    return value


def _unpack_layer(blobs: Blobs, node: Node, diff_id: str, tree: RootDirectory) -> None:
    with prefixed("get layer blob: "):
        if node.media_type in PARSED:
            blobs.parse(node)
        blob = blobs.open(node)
    kind, _, compression = node.media_type.partition("+")
    if kind not in _LAYERS:
        raise Refusal(
            f"unpack rootfs: layer {node.digest}: layer data is an unsupported mediatype: "
            f"{node.media_type}",
            f"layer {node.digest} has the media type {node.media_type!r}; umoci reads OCI layers",
            BAD_MANIFEST,
        )
    if compression not in _COMPRESSIONS:
        raise Refusal(
            f"unpack rootfs: layer {node.digest}: could not decompress layer: unsupported layer "
            f"media type {quote(node.media_type)}: compression method {quote(compression)} "
            "unsupported",
            f"layer {node.digest} has a compression that umoci does not know",
            BAD_MANIFEST,
        )
    mismatch = mismatch_of(blob, node)
    error = unpacking_error(blob, compression)
    # A reader that needs more finds at the end that the content is another.
    if mismatch and (
        (blob is not None and blob.size != node.size) or (error or "").endswith("EOF")
    ):
        error = f"unpack layer: read next entry: {mismatch}"
    if blob is not None and blob.tar is not None and (error is None or "header" not in error):
        tree.unpack(blob.tar.entries)
    if error is not None:
        raise Refusal(error, f"layer {node.digest} cannot be read to its end", LAYER_DAMAGED)
    if mismatch:
        raise Refusal(
            f"close layer data: consume remaining unverified stream: {mismatch}",
            f"the content of layer {node.digest} has another digest",
            OTHER_LAYER,
        )
    found = _EMPTY_DIFF_ID if blob is None else blob.diff_id
    if found != diff_id:
        raise Refusal(
            f"unpack manifest: layer {node.digest}: diffid mismatch: got {found} expected "
            f"{diff_id}",
            f"the content of layer {node.digest} has the diffID {found}, the config says "
            f"{diff_id!r}",
            OTHER_LAYER,
        )


_EMPTY_DIFF_ID = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _image(archive: Archive, node: Node) -> Image | None:
    """The image of a manifest."""
    for image in archive.images:
        manifest = image.manifest
        if manifest is not None and manifest.descriptor.digest_text == node.digest:
            return image
    return None


def _check_config(config: Mapping[str, object], image: Image | None) -> None:
    """Refuse what cannot become a runtime configuration (MutateRuntimeSpec)."""
    system = text(config.get("os")) or ""
    if system != "linux":
        raise Refusal(
            f"unsupported OS: {system}",
            f"the image is for {system or 'no operating system'}, umoci unpacks those for linux",
            ("CFG001", "CFG013", "OCI006"),
        )
    settings = mapping(config.get("config"))
    for variable in strings(settings.get("Env")):
        name, equals, _ = variable.partition("=")
        if equals and name:
            continue
        words = "must have non-empty name" if equals else "must contain '='"
        raise Refusal(
            f"parsing image.Config.Env: environment variable {words}: {variable}",
            f"the config sets the variable {variable!r}",
            BAD_CONFIG,
        )
    if image is not None:
        _check_user(Rootfs(image.location, image.layers, image), text(settings.get("User")) or "")


def _check_user(root: Rootfs, user: str) -> None:
    """Refuse a user that is not found in the root (GetExecUserPath)."""
    passwd = root.get(PASSWD)
    if passwd is not None and passwd.entry.is_directory:
        name = user.partition(":")[0] or "0"
        words = f"unable to find user {name}: read <tmp>/rootfs/{PASSWD}: is a directory"
        raise Refusal(
            f"cannot parse user spec: {quote(user)}: {words}",
            f"/{PASSWD} is a directory",
            ("CFG006", "RFS004"),
        )
    for obstacle in user_obstacles(root, user) if user else ():
        if obstacle.is_certain:
            raise Refusal(
                f"cannot parse user spec: {quote(user)}: {obstacle.message}",
                f"the user {user!r} of the config: {obstacle.reason}",
                ("CFG006", "RFS004"),
            )
