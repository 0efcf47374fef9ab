"""HYG012: an image that is called latest."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.names import InvalidReferenceError, parse_reference

_LATEST = "latest"
# A name without any of these, as image layouts have it, is a tag by itself.
_MORE_THAN_A_TAG = frozenset("/:@")


class LatestTag(Check):
    """An image is called latest, or has a name without a tag, which means the same.

    What it means:
        A name of the image ends in ``:latest``, is nothing but ``latest``, or has no tag. If it has
        another name with a tag besides, it passes: it can be told by the other.

    Why it matters:
        The name says nothing about what the image is. Loading the archive moves the tag away from
        the image that had it on the host, and nobody can tell afterwards which one is running.

    How to fix it:
        Give the image a name with a version before it is saved: ``docker tag app app:1.4.2``.

    References:
        - dockle DKL-DI-0006
        - distribution/reference, normalize.go: the tag of a name without one
    """

    id = "HYG012"
    name = "latest-tag"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Only images have names."""
        return None if archive.images else "the archive has no image"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the names of each image; one that several images share is told once."""
        told: set[str] = set()
        for image in archive.images:
            tags = {name: _tag(name) for name in image.names}
            if any(tag not in {None, _LATEST} for tag in tags.values()):
                continue
            for name, tag in tags.items():
                if tag == _LATEST and name not in told:
                    told.add(name)
                    yield self.finding(
                        image,
                        f'the name "{name}" says nothing about the version of the image',
                        fix=f"docker tag {name} NAME:VERSION",
                    )


def _tag(name: str) -> str | None:
    """The tag that a name stands for; None if it is no name, or names a digest."""
    if not _MORE_THAN_A_TAG.intersection(name):
        return name
    try:
        reference = parse_reference(name)
    except InvalidReferenceError:
        return None
    return reference.tag or (_LATEST if reference.digest is None else None)
