"""Finds the image of an archive that a user names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.model.image import Image

_SHORTEST = 4
_HEX = frozenset("0123456789abcdef")
_DEFAULT_DOMAINS = ("docker.io/library/", "docker.io/", "localhost/")


def select_images(images: Iterable[Image], wanted: str) -> tuple[Image, ...]:
    """The images with a name or digest.

    Args:
        images: The images.
        wanted: A name, with or without domain and tag; or the digest of a manifest or config, the
            start of which is enough.
    """
    found = tuple(images)
    named = tuple(image for image in found if wanted in _names(image))
    if named or not _is_digest(wanted):
        return named
    start = wanted.removeprefix("sha256:")
    return tuple(image for image in found if any(one.startswith(start) for one in _digests(image)))


def _names(image: Image) -> Iterator[str]:
    """The names of an image in every form in which engines print them."""
    for name in image.names:
        yield name
        prefix = next((each for each in _DEFAULT_DOMAINS if name.startswith(each)), "")
        short = name.removeprefix(prefix)
        yield short
        yield short.removesuffix(":latest")


def _is_digest(wanted: str) -> bool:
    start = wanted.removeprefix("sha256:")
    return len(start) >= _SHORTEST and _HEX.issuperset(start)


def _digests(image: Image) -> Iterator[str]:
    """The encoded digests of manifest and config."""
    if image.digest is not None:
        yield image.digest.partition(":")[2]
    if image.config is not None:
        yield image.config.blob.digests["sha256"]
