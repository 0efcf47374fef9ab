"""HYG012: an image with the tag latest."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix, Severity
from checker.model.names import InvalidReferenceError, parse_reference
from checker.model.shell import quote_word
from checker_hygiene.images import ImageCheck

_LATEST = "latest"
# A name without any of these, as in image layouts, is just a tag.
_MORE_THAN_A_TAG = frozenset("/:@")


class LatestTag(ImageCheck):
    """An image has the tag latest, or a name without a tag, which means the same.

    What it means:
        A name of the image ends in ``:latest``, is ``latest``, or has no tag. If the image has
        another name with a tag too, it is accepted.

    Why it matters:
        The name does not identify a version. Loading the archive moves the tag from the image that
        had it on the host, and it is not possible to tell later which one is running.

    How to fix it:
        Give the image a name with a version before it is saved:

            docker tag app:latest app:1.4.2
            docker save -o app.tar app:1.4.2

    References:
        - dockle DKL-DI-0006
        - distribution/reference, normalize.go: the tag of a name without one
    """

    id = "HYG012"
    name = "latest-tag"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the names of each image; one that several images share is reported once."""
        reported: set[str] = set()
        for image in archive.images:
            tags = {name: _tag(name) for name in image.names}
            if any(tag not in {None, _LATEST} for tag in tags.values()):
                continue
            for name, tag in tags.items():
                if tag == _LATEST and name not in reported:
                    reported.add(name)
                    yield self.finding(
                        image,
                        f'the name "{name}" does not identify a version of the image',
                        fix=Fix(
                            "give the image a tag that names its version",
                            Command(f"docker tag {quote_word(name)} name:version"),
                        ),
                    )


def _tag(name: str) -> str | None:
    """The tag of a name, implied or not; None for an invalid name or one with a digest."""
    if not _MORE_THAN_A_TAG.intersection(name):
        return name
    try:
        reference = parse_reference(name)
    except InvalidReferenceError:
        return None
    return reference.tag or (_LATEST if reference.digest is None else None)
