"""What must be attached to images: an SBOM, provenance by some builders. Nothing is verified."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from checker import Archive, Image
from checker.model.attached import Attached, attached_to, parents_of
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value, listed

_FORMATS = ("SPDX", "CycloneDX")


class AttachedSbom(NamedTuple):
    """The formats of which an image must have an SBOM, one of them."""

    formats: tuple[str, ...]

    def of_archive(self, archive: Archive, images: tuple[Image, ...]) -> Iterator[Problem]:
        """Find the images without one."""
        for image, attached in _with_attached(archive, images):
            found = {each.sbom.format for each in attached if each.sbom is not None}
            if found.isdisjoint(self.formats):
                has = f"an SBOM in {' and '.join(sorted(found))} only" if found else "no SBOM"
                wanted = " or ".join(self.formats)
                text = f"{image.label} has {has}; one in {wanted} is required"
                yield Problem(text, subject=image)


class Builders(NamedTuple):
    """The builders of which an image must have provenance, one of them, as patterns."""

    patterns: tuple[str, ...]

    def of_archive(self, archive: Archive, images: tuple[Image, ...]) -> Iterator[Problem]:
        """Find the images without provenance, or with that of other builders only."""
        for image, attached in _with_attached(archive, images):
            given = [each.provenance for each in attached if each.provenance is not None]
            found = sorted({each.builder for each in given if each.builder is not None})
            if any(fnmatchcase(name, pattern) for name in found for pattern in self.patterns):
                continue
            has = f"provenance by {listed(found)}" if found else "no provenance by a builder"
            text = f"{image.label} has {has}; allowed builders are {listed(self.patterns)}"
            yield Problem(text, subject=image)


def _with_attached(
    archive: Archive, images: tuple[Image, ...]
) -> Iterator[tuple[Image, tuple[Attached, ...]]]:
    """The images, each with what is attached to it and is about it."""
    parents = parents_of(() if archive.oci is None else archive.oci.indexes)
    for image in images:
        yield image, tuple(attached_to(image, archive.attached, parents))


def _sbom(value: Value) -> AttachedSbom:
    if value.raw is True:
        return AttachedSbom(_FORMATS)
    return AttachedSbom(tuple(each.choice(_FORMATS) for each in value.one_or_more()))


def _builders(value: Value) -> Builders:
    return Builders(value.texts())


KEYS: Keys = {"builders": _builders, "sbom": _sbom}
