"""Platforms that an archive must have images for."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from checker import Archive, Image
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value, listed


class Platforms(NamedTuple):
    """The platforms for which there must be an image, as patterns."""

    patterns: tuple[str, ...]

    def of_archive(self, archive: Archive, images: tuple[Image, ...]) -> Iterator[Problem]:
        """Find the platforms that are missing."""
        if not archive.images:
            return
        found = sorted({str(image.platform) for image in images if image.platform is not None})
        for pattern in self.patterns:
            if not any(fnmatchcase(platform, pattern) for platform in found):
                yield Problem(f"no image is for {pattern}; the platforms are {listed(found)}")


def _platforms(value: Value) -> Platforms:
    return Platforms(value.texts())


KEYS: Keys = {"platforms": _platforms}
