"""The images of skopeo's dir: layout, whose blobs are named by their hexadecimal digits alone.

containers/image, directory/directory_dest.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.image import (
    Descriptor,
    Image,
    Layer,
    Nature,
    config_of,
    nature_of,
    read_index,
    read_manifest,
)
from checker.model.known_kind import SKOPEO_DIRECTORY
from checker.model.members import Members
from checker.model.names import MANIFEST_JSON, Digest, MediaType, shorten

_MANIFEST_NAME = f".{MANIFEST_JSON}"


class DirMembers(Members):
    """The members of a dir: layout, looked up by digest as they are named there.

    Args:
        members: The members.
        directory: The directory that the layout is in; empty for the top.
    """

    __slots__ = ("_start",)

    def __init__(self, members: Members, directory: str) -> None:
        super().__init__(members.entries, members.blobs)
        self._start = f"{directory}/" if directory else ""

    def blob_of(self, digest: Digest | None) -> Blob | None:
        """The content that is kept under a digest, a manifest included."""
        if digest is None:
            return None
        path = self._start + digest.encoded
        found = self.blob(path) or self.blob(path + _MANIFEST_NAME)
        if found is not None:
            return found
        top = self.top
        return top if top is not None and top.hashes_to(digest) else None

    @property
    def top(self) -> Blob | None:
        """``manifest.json``, a manifest or an index."""
        return self.blob(self._start + MANIFEST_JSON)


def with_images(archive: Archive) -> Archive:
    """The facts of a dir: layout with its images; of others, these facts."""
    known = archive.known_kind
    if known is None or known.name != SKOPEO_DIRECTORY:
        return archive
    members = DirMembers(archive.members, known.directory)
    images = tuple(_images(archive, members))
    return archive._replace(members=members, images=images) if images else archive


def _images(archive: Archive, members: DirMembers) -> Iterator[Image]:
    top = members.top
    if top is None or top.document is None:
        return
    media_type = MediaType.OCI_MANIFEST
    descriptor = Descriptor(top.location, media_type, top.digest, top.size)
    if nature_of(top.document.value) is not Nature.INDEX:
        yield from _image(archive, members, descriptor)
        return
    for each in read_index(top, top.document, None, 0).manifests:
        yield from _image(archive, members, each)


def _image(archive: Archive, members: DirMembers, descriptor: Descriptor) -> Iterator[Image]:
    blob = members.blob_of(descriptor.digest)
    if blob is None or blob.document is None:
        return
    manifest = read_manifest(blob, blob.document, descriptor)
    if manifest.media_type is not None:
        own = descriptor._replace(media_type=manifest.media_type)
        manifest = manifest._replace(descriptor=own)
    if not manifest.is_image:
        return
    label = shorten(blob.digest)
    config = config_of(members.blob_of(manifest.config and manifest.config.digest), label)
    diff_ids = () if config is None else config.diff_ids or ()
    place = archive.location._replace(image=label)
    yield Image(
        location=place._replace(member=blob.location.member),
        names=(),
        digest=descriptor.digest_text,
        manifest=manifest,
        item=None,
        config=config,
        layers=tuple(
            Layer(
                location=place._replace(digest=each.digest_text, layer=number),
                position=number,
                descriptor=each,
                path=None,
                blob=members.blob_of(each.digest),
                diff_id=diff_ids[number] if number < len(diff_ids) else None,
            )
            for number, each in enumerate(manifest.layers)
        ),
        platform=descriptor.platform if config is None else config.platform,
    )
