"""OCI018: a name in an image layout that is malformed, misplaced or repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker import Archive, Descriptor, Finding, Index, Severity
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker.patterns import pattern
from checker_oci.documents import LayoutCheck, below, listed, place, short_name

_CHARACTERS = pattern(r"[A-Za-z0-9._:@+/-]*")


class UnusualRefName(LayoutCheck):
    """The name in ``org.opencontainers.image.ref.name`` is malformed, misplaced or repeated.

    What it means:
        The annotation names the content of a descriptor in ``index.json``. It should consist of
        letters, digits and ``-._:@+/``; another character is a warning. It is a note if a separator
        is at the beginning, at the end or doubled; if the annotation is empty; if it is in another
        document, where it has no meaning; or if two different images have the same name and are not
        distinguished otherwise.

    Why it matters:
        skopeo and Podman find an image in a layout by this name, and containerd derives the name of
        the image from it. An image with a malformed name cannot be requested; of two images with
        the same name, readers use different ones.

    How to fix it:
        Copy the image under a simple name, such as a tag:

            skopeo copy "oci:layout:my app" oci:layout-new:1.0

    References:
        - OCI image-spec 1.1, annotations.md, "Pre-Defined Annotation Keys" (ref.name)
        - OCI image-spec 1.1, image-layout.md, "index.json file"
    """

    id = "OCI018"
    name = "unusual-ref-name"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the names in ``index.json``, then for names elsewhere."""
        if archive.oci is None:
            return
        first: dict[tuple[object, ...], Descriptor] = {}
        for index, descriptor in listed(archive):
            name = descriptor.annotations.get(REF_NAME)
            if name is not None:
                yield from self._inspect(index, descriptor, name, first)
            if descriptor.annotations.get(CONTAINERD_NAME) == "":
                yield self._unusual(
                    descriptor,
                    f"an empty {CONTAINERD_NAME}; containerd uses {REF_NAME} or no name instead",
                    key=CONTAINERD_NAME,
                )
        for manifest in archive.oci.manifests:
            if REF_NAME in manifest.annotations:
                yield self.finding(
                    manifest,
                    f"{short_name(manifest.location)} has the annotation {REF_NAME}, which has a "
                    "meaning only in index.json",
                    at={"pointer": below(manifest.location, "annotations", REF_NAME).pointer},
                )

    def _inspect(
        self,
        index: Index,
        descriptor: Descriptor,
        name: str,
        first: dict[tuple[object, ...], Descriptor],
    ) -> Iterator[Finding]:
        if index.depth:
            yield self._unusual(descriptor, f"{REF_NAME}, which has a meaning only in index.json")
            return
        earlier = first.setdefault(_key(descriptor), descriptor)
        if not _CHARACTERS.fullmatch(name):
            what = f'the name "{name}", which contains other characters than letters, digits and '
            what += "-._:@+/"
            yield self._unusual(descriptor, what, severity=Severity.WARNING)
        elif not _grammar().fullmatch(name):
            what = f'the name "{name}"' if name else "an empty name"
            yield self._unusual(descriptor, f"{what}, which does not match the specified grammar")
        elif descriptor.platform is None and earlier.digest_text != descriptor.digest_text:
            yield self._unusual(
                descriptor,
                f'the name "{name}", which {place(earlier)} uses for other content',
            )

    def _unusual(
        self,
        descriptor: Descriptor,
        what: str,
        *,
        key: str = REF_NAME,
        severity: Severity = Severity.NOTE,
    ) -> Finding:
        return self.finding(
            descriptor._replace(location=below(descriptor.location, "annotations", key)),
            f"{place(descriptor)} has {what}",
            at={"digest": descriptor.digest_text},
            severity=severity,
        )


def _key(descriptor: Descriptor) -> tuple[object, ...]:
    """What distinguishes images without a platform: their names. OCI025 compares the others."""
    notes = descriptor.annotations
    return (notes.get(REF_NAME), notes.get(CONTAINERD_NAME), descriptor.platform)


@cache
def _grammar() -> re.Pattern[str]:
    # Possessive, so that a hostile name cannot cause backtracking.
    component = r"[A-Za-z0-9]++(?:(?:--|[-._:@+])[A-Za-z0-9]++)*+"
    return re.compile(rf"{component}(?:/{component})*+")
