"""What is shown of an archive: its content without secrets, and trees of its files."""

from __future__ import annotations

from checker.contents.images import images_of
from checker.contents.records import Contents
from checker.contents.summary import RELEASES, contents_of
from checker.contents.tree import Node, build_tree, of_archive, of_layer, of_root
from checker.errors import SettingsError
from checker.importing.suggested_start import suggested_start
from checker.masking import Mask, mask_of
from checker.model.archive import Archive
from checker.model.content import ContentPlan, ContentRequest
from checker.model.entries import clean_path
from checker.model.image import Image
from checker.model.rootfs import Rootfs
from checker.model.selection import select_images
from checker.records import NamedTuple
from checker.results import CheckedArchive
from checker.starting.archive import START_READS, archive_starts
from checker.starting.obstacle import Answer, Cause, Start
from checker.typing_names import TYPE_CHECKING
from checker.verdicts import Host

if TYPE_CHECKING:
    from checker.model.signatures import Signature

SHOWN = ContentPlan.of((*START_READS, ContentRequest(frozenset(RELEASES))))
"""What must have been read of the files."""

_MOST_NAMED = 5
_DAMAGED = Start(Answer.UNKNOWN, "the archive is damaged", cause=Cause.INCOMPLETE)


class Tree(NamedTuple):
    """A tree and what its top is called."""

    top: Node
    title: str


class Inspection(NamedTuple):
    """An archive that is shown.

    Attributes:
        checked: The archive as it is, classified.
        archive: What was found in it, without what surrounds it.
        images: The images that are shown.
        contents: What is in it, without secrets.
        mask: Masks secrets in what else is shown.
    """

    checked: CheckedArchive
    archive: Archive
    images: tuple[Image, ...]
    contents: Contents
    mask: Mask

    def tree_of_members(self, path: str, depth: int) -> Tree:
        """The members of the archive itself, below a path.

        Raises:
            SettingsError: Nothing is there.
        """
        outer = self.checked.archive or self.archive
        return _found(build_tree(of_archive(outer), clean_path(path), depth), path, outer.path)

    def tree_of_layer(self, number: int, path: str, depth: int) -> Tree:
        """The files of one layer, whiteouts included, below a path.

        Raises:
            SettingsError: The layer or the path does not exist.
        """
        image = self._one_image("--layer")
        if not 0 <= number < len(image.layers):
            raise SettingsError(
                f"--layer: invalid value {number} ({image.label} has {len(image.layers)} layers, "
                "counted from 0)"
            )
        layer = image.layers[number]
        return _found(build_tree(of_layer(layer), clean_path(path), depth), path, layer.label)

    def tree_of_root(self, path: str, depth: int) -> Tree:
        """The merged root filesystem below a path, of which links are followed.

        Raises:
            SettingsError: The archive does not have a root filesystem, or the path does not exist.
        """
        root = self.archive.rootfs
        if root is None:
            image = self._one_image("--tree")
            root = Rootfs(image.location, image.layers, image)
        cleaned = clean_path(path)
        place = root.follow(cleaned)
        where = cleaned if place is None else place
        label = self.archive.path if root.image is None else root.image.label
        return _found(build_tree(of_root(root), where, depth), where, label)

    def _one_image(self, option: str) -> Image:
        if not self.images:
            raise SettingsError(
                f"{option}: {self.archive.path} has no image and no root filesystem; --outer shows "
                "its members"
            )
        if len(self.images) > 1:
            names = ", ".join(image.label for image in self.images[:_MOST_NAMED])
            raise SettingsError(
                f"{option}: {self.archive.path} has {len(self.images)} images; choose one with "
                f"--image: {names}"
            )
        return self.images[0]


def _found(top: Node | None, path: str, where: str) -> Tree:
    title = f"/{clean_path(path)}"
    if top is None:
        raise SettingsError(f"--tree: {where} does not contain {title}")
    return Tree(top, title)


def found_in(outer: Archive, inner: Archive) -> Archive:
    """The archive that is shown, of a file and of what was found inside it.

    A part of a damaged archive that is not an image is not what the archive was.
    """
    return outer if outer.tar.fatal is not None and not images_of(inner) else inner


def inspect(
    checked: CheckedArchive,
    archive: Archive,
    steps: tuple[str, ...],
    host: Host,
    image: str | None = None,
    signatures: tuple[Signature, ...] = (),
) -> Inspection:
    """Look at an archive.

    Args:
        checked: The archive as it is, classified; it was read with ``SHOWN``.
        archive: What was found in it, without what surrounds it.
        steps: What was removed around that.
        host: The host that containers start on.
        image: Name or digest of the image that is shown; all if None.
        signatures: Its signatures, attestations and SBOMs.

    Raises:
        SettingsError: The image does not exist.
    """
    images = images_of(archive)
    found = archive._replace(images=images)
    starts = archive_starts(found, host, start_root=suggested_start).starts
    if images is not archive.images and archive.tar.fatal is not None:
        # What says which images there are may be in the part that was not read.
        starts = (_DAMAGED,) * len(images)
    if image is not None:
        chosen = _chosen(images, image, archive.path)
        images = tuple(images[number] for number in chosen)
        starts = tuple(starts[number] for number in chosen)
    mask = mask_of(archive)
    outer = checked.archive or archive
    contents = mask.all(contents_of(outer, archive, images, starts, steps, signatures))
    return Inspection(checked, archive, images, contents, mask)


def _chosen(images: tuple[Image, ...], wanted: str, path: str) -> list[int]:
    """The numbers of the images that a name or digest means."""
    found = {id(image) for image in select_images(images, wanted)}
    if not found:
        raise SettingsError(f"--image: {path} does not contain the image {wanted!r}")
    return [number for number, image in enumerate(images) if id(image) in found]
