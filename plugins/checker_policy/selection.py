"""Which archives and images a requirement is for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from checker import Archive, Image
from checker.records import NamedTuple
from checker_policy.patterns import fits
from checker_policy.values import Value

KEYS = ("image", "platform", "archive")


class Selection(NamedTuple):
    """Which archives and images a requirement is for; all, where a field is empty.

    Attributes:
        names: Patterns of names of images.
        platforms: Patterns of platforms, such as ``linux/arm64*``.
        archives: Patterns of paths of archives.
    """

    names: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()

    @property
    def is_of_images(self) -> bool:
        """Whether it is for some images, and so not for root filesystems."""
        return bool(self.names or self.platforms)

    def covers(self, archive: Archive) -> bool:
        """Whether it is for an archive, by its path."""
        path = os.path.normpath(archive.path)
        return not self.archives or any(
            fnmatchcase(path, os.path.normpath(each)) for each in self.archives
        )

    def images(self, archive: Archive) -> tuple[Image, ...]:
        """The images of an archive that it is for."""
        return tuple(image for image in archive.images if self.has_image(image))

    def has_image(self, image: Image) -> bool:
        """Whether it is for an image."""
        platform = "" if image.platform is None else str(image.platform)
        return fits(platform, self.platforms) and (
            not self.names or any(fits(form, self.names) for form in _forms(image))
        )


def _forms(image: Image) -> Iterator[str]:
    """The names of an image, each also without its tag."""
    for name in image.names:
        yield name
        before, colon, tag = name.rpartition(":")
        if colon and "/" not in tag:
            yield before.partition("@")[0]


def read_selection(found: dict[str, Value]) -> Selection:
    """The selection of a requirement; its keys are removed.

    Raises:
        SettingsError: A pattern is not valid.
    """
    archives = found.pop("archive", None)
    return Selection(
        names=_texts(found.pop("image", None)),
        platforms=_texts(found.pop("platform", None)),
        archives=() if archives is None else _paths(archives),
    )


def _texts(value: Value | None) -> tuple[str, ...]:
    return () if value is None else value.texts()


def _paths(value: Value) -> tuple[str, ...]:
    """Patterns of paths, and the same relative to the directory of the file."""
    patterns = value.texts()
    return tuple(dict.fromkeys((*patterns, *map(value.origin.path, patterns))))
