"""From members to images: the Docker archive, the OCI layout and the images they describe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from checker.model.archive import DockerArchive, OciLayout
from checker.model.blob import Blob
from checker.model.document import pointer
from checker.model.image import (
    CONTAINERD_NAME,
    REF_NAME,
    Config,
    Descriptor,
    Image,
    Index,
    Layer,
    Manifest,
    ManifestItem,
    config_of,
    items,
    read_index,
    read_manifest,
    read_manifest_item,
)
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.model.members import Members
from checker.model.names import (
    INDEX_JSON,
    INDEX_TYPES,
    MANIFEST_JSON,
    MANIFEST_TYPES,
    OCI_LAYOUT,
    REPOSITORIES,
    Digest,
    shorten,
)

FindBlob = Callable[[Digest | None], Blob | None]
# To follow a layer costs about as much as to look at so many entries.
_USE = 100


def find_docker_archive(members: Members) -> DockerArchive | None:
    """What ``manifest.json`` and the files of the older forms describe; None without them."""
    blob = members.blob(MANIFEST_JSON)
    repositories = members.blob(REPOSITORIES)
    legacy_ids = tuple(_legacy_ids(members))
    if blob is None and not legacy_ids:
        return None
    document = None if blob is None else blob.document
    found: list[ManifestItem] = []
    if blob is not None and document is not None:
        for i, value in enumerate(items(document.value)):
            item = read_manifest_item(value, blob.location._replace(pointer=pointer(i)))
            if item is not None:
                found.append(item)
    return DockerArchive(
        blob=blob,
        document=document,
        items=tuple(found),
        repositories=repositories,
        legacy_ids=legacy_ids,
    )


def _legacy_ids(members: Members) -> Iterator[str]:
    for path in members.entries.by_path:
        directory, _, base = path.partition("/")
        if base == "layer.tar" and f"{directory}/json" in members:
            yield directory


def find_oci_layout(
    members: Members, limits: Limits
) -> tuple[OciLayout | None, list[LimitReached]]:
    """The image layout, None if there is none of its files; and the limits that were reached."""
    layout = members.blob(OCI_LAYOUT)
    index_blob = members.blob(INDEX_JSON)
    if layout is None and index_blob is None:
        return None, []
    document = None if index_blob is None else index_blob.document
    if index_blob is None or document is None or not isinstance(document.value, dict):
        found = OciLayout(
            layout=layout, root_index=None, index_blob=index_blob, indexes=(), manifests=()
        )
        return found, []
    index_walk = _IndexWalk(members, limits)
    root = read_index(index_blob, document, None, 0)
    index_walk.follow_from(root)
    found = OciLayout(
        layout=layout,
        root_index=root,
        index_blob=index_blob,
        indexes=tuple(index_walk.indexes),
        manifests=tuple(index_walk.manifests),
    )
    return found, index_walk.limits_reached


class _IndexWalk:
    """Follows descriptors from ``index.json`` down, each document once."""

    def __init__(self, members: Members, limits: Limits) -> None:
        self._members = members
        self._limits = limits
        self._seen: set[str] = set()
        self.indexes: list[Index] = []
        self.manifests: list[Manifest] = []
        self.limits_reached: list[LimitReached] = []

    def follow_from(self, root: Index) -> None:
        pending = [root]
        while pending:
            index = pending.pop()
            self.indexes.append(index)
            if index.depth >= self._limits.index_depth:
                self.limits_reached.append(self._too_deep(index))
                continue
            children = [self._follow(descriptor, index) for descriptor in index.manifests]
            pending.extend(child for child in reversed(children) if child is not None)

    def _follow(self, descriptor: Descriptor, parent: Index) -> Index | None:
        blob = self._members.blob_of(descriptor.digest)
        document = None if blob is None else blob.document
        if blob is None or document is None or not isinstance(document.value, dict):
            return None
        if blob.path in self._seen:
            return None
        if descriptor.media_type in INDEX_TYPES:
            self._seen.add(blob.path)
            return read_index(blob, document, descriptor, parent.depth + 1)
        if descriptor.media_type in MANIFEST_TYPES:
            self._seen.add(blob.path)
            self.manifests.append(read_manifest(blob, document, descriptor))
        return None

    def _too_deep(self, index: Index) -> LimitReached:
        return LimitReached(
            limit="index_depth",
            value=self._limits.index_depth,
            what="image indexes are nested deeper than this",
            member=index.location.member,
        )


def find_images(
    archive: Location,
    members: Members,
    docker: DockerArchive | None,
    oci: OciLayout | None,
    limits: Limits,
) -> tuple[tuple[Image, ...], list[LimitReached]]:
    """The images: one for each manifest, joined with the item of manifest.json by its config."""
    names = _ImageNames(oci)
    found = [
        _oci_image(archive, members, manifest, names)
        for manifest in (() if oci is None else oci.manifests)
        if manifest.is_image
    ]
    waiting = _by_config(found)
    for item in () if docker is None else docker.items:
        _add_item(found, waiting, archive, members, item)
    if len(found) <= limits.images:
        return tuple(found), []
    reached = LimitReached(
        limit="images",
        value=limits.images,
        what=f"the archive contains {len(found)} images; the rest was not checked",
    )
    return tuple(found[: limits.images]), [reached]


def affordable_images(images: Sequence[Image], limits: Limits) -> int:
    """How many of the images, from the first on, can be checked.

    Rules and engines merge the layers of each image. What several images share is counted for
    each further one, because a few bytes of a document make them look at all its entries again.

    Args:
        images: The images.
        limits: ``merged`` bounds the entries that are looked at again.
    """
    seen: set[int] = set()
    left = limits.merged
    for number, image in enumerate(images):
        for layer in image.layers:
            if layer.blob is None:
                continue
            if layer.blob.position in seen:
                left -= _USE + len(layer.entries)
            seen.add(layer.blob.position)
        if left < 0 and number:
            return number
    return len(images)


class _ImageNames:
    """The names that ``index.json`` gives; a nested index hands its names down."""

    def __init__(self, oci: OciLayout | None) -> None:
        self._own: dict[str, dict[str, None]] = {}
        self._parents: dict[str, dict[str, None]] = {}
        for index in () if oci is None else oci.indexes:
            if index.depth == 0:
                self._add_own(index)
            else:
                self._add_parent(index)
        self._owners = Counter(name for own in self._own.values() for name in own)

    def _add_own(self, index: Index) -> None:
        for descriptor in index.manifests:
            name = _annotated_name(descriptor)
            if name:
                self._own.setdefault(_digest_text(descriptor), {})[name] = None

    def _add_parent(self, index: Index) -> None:
        parent = _digest_text(index.descriptor)
        for digest in {_digest_text(descriptor) for descriptor in index.manifests}:
            self._parents.setdefault(digest, {})[parent] = None

    def of(self, digest: str) -> tuple[str, ...]:
        """The names of what has a digest: its own, then those of the indexes that list it."""
        names: dict[str, None] = {}
        pending = [digest]
        seen: set[str] = set()
        while pending:
            each = pending.pop()
            if each in seen:
                continue
            seen.add(each)
            names.update(self._own.get(each, {}))
            pending.extend(reversed(self._parents.get(each, {})))
        return tuple(names)

    def is_unique(self, digest: str, name: str) -> bool:
        """Whether a name means this content alone, unlike that of an index."""
        return self._owners[name] == 1 and name in self._own.get(digest, {})


def _digest_text(descriptor: Descriptor | None) -> str:
    return "" if descriptor is None else descriptor.digest_text or ""


def _annotated_name(descriptor: Descriptor) -> str | None:
    return descriptor.annotations.get(CONTAINERD_NAME) or descriptor.annotations.get(REF_NAME)


def _oci_image(
    archive: Location,
    members: Members,
    manifest: Manifest,
    known_names: _ImageNames,
) -> Image:
    digest = manifest.descriptor.digest_text or ""
    names = known_names.of(digest)
    is_unique = bool(names) and known_names.is_unique(digest, names[0])
    return image_of(archive, members.blob_of, manifest, names, is_unique=is_unique)


def image_of(
    archive: Location,
    find: FindBlob,
    manifest: Manifest,
    names: tuple[str, ...],
    *,
    is_unique: bool = False,
) -> Image:
    """The image of a manifest.

    Args:
        archive: The archive.
        find: Finds the blob of a digest.
        manifest: The manifest.
        names: The names of the image.
        is_unique: Whether its first name means this image alone, unlike that of an index.
    """
    digest = manifest.descriptor.digest_text
    config_blob = find(manifest.config.digest if manifest.config else None)
    label = names[0] if names else shorten(digest or manifest.blob.digest)
    platform = manifest.descriptor.platform
    if platform is not None and not is_unique:
        label = f"{label} ({platform})"
    config = config_of(config_blob, label)
    place = archive._replace(image=label)
    layers = tuple(
        _layer(place, i, descriptor, None, find(descriptor.digest), config)
        for i, descriptor in enumerate(manifest.layers)
    )
    return Image(
        location=archive._replace(image=label, member=manifest.location.member),
        names=names,
        digest=digest,
        manifest=manifest,
        item=None,
        config=config,
        layers=layers,
        platform=platform if config is None else config.platform,
    )


def _by_config(images: list[Image]) -> dict[int, list[int]]:
    """Where in a list the images with a config are, the first one last, by the config's place."""
    found: dict[int, list[int]] = {}
    for i, image in reversed(list(enumerate(images))):
        if image.config is not None:
            found.setdefault(image.config.blob.position, []).append(i)
    return found


def _add_item(
    found: list[Image],
    waiting: dict[int, list[int]],
    archive: Location,
    members: Members,
    item: ManifestItem,
) -> None:
    blob = None if item.config is None else members.blob(item.config)
    same = [] if blob is None else waiting.get(blob.position, [])
    if same:
        image = found[same[-1]]
        names = tuple(dict.fromkeys((*image.names, *item.repo_tags)))
        found[same.pop()] = image._replace(item=item, names=_without_short_forms(names))
        return
    label = item.repo_tags[0] if item.repo_tags else _item_label(item, blob)
    config = config_of(blob, label)
    place = archive._replace(image=label)
    layers = tuple(
        _layer(place, i, None, path, members.blob(path), config)
        for i, path in enumerate(item.layers)
    )
    found.append(
        Image(
            location=place._replace(member=item.location.member, pointer=item.location.pointer),
            names=item.repo_tags,
            digest=None if blob is None else blob.digest,
            manifest=None,
            item=item,
            config=config,
            layers=layers,
            platform=None if config is None else config.platform,
        ),
    )


def _item_label(item: ManifestItem, blob: Blob | None) -> str:
    if blob is not None:
        return shorten(blob.digest)
    return f"image {item.location.pointer} of {MANIFEST_JSON}"


def _without_short_forms(names: Iterable[str]) -> tuple[str, ...]:
    """Names without those that another one spells out: ``docker.io/library/app:1`` is ``app:1``."""
    familiar = [name.removeprefix("docker.io/").removeprefix("library/") for name in names]
    return tuple(dict.fromkeys(familiar))


def _layer(
    place: Location,
    position: int,
    descriptor: Descriptor | None,
    path: str | None,
    blob: Blob | None,
    config: Config | None,
) -> Layer:
    diff_ids = () if config is None else config.diff_ids or ()
    member = path if blob is None else blob.location.member
    digest = None if descriptor is None else descriptor.digest_text
    return Layer(
        location=place._replace(member=member, digest=digest, layer=position),
        position=position,
        descriptor=descriptor,
        path=path,
        blob=blob,
        diff_id=diff_ids[position] if position < len(diff_ids) else None,
    )


def has_image_files(members: Members) -> bool:
    """Whether a directory or tar has a file at its top that only images have."""
    index = members.entries.by_path
    if any(name in index for name in (MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT)):
        return True
    return any(True for _ in _legacy_ids(members))
