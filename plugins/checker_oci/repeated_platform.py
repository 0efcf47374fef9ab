"""OCI025: two images for the same platform, of which engines take one."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Index, Severity
from checker.checks.platforms import selector
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker_oci.documents import LayoutCheck, place, refers_to_image

_ZSTD = "io.github.containers.compression.zstd"  # by which Podman tells two such images apart


class RepeatedPlatform(LayoutCheck):
    """An index lists two different images for one platform.

    What it means:
        Where engines choose by platform, two descriptors have the same one: the same system,
        architecture and variant (``arm64`` is ``arm64/v8``), and nothing else that is known tells
        them apart. In ``index.json`` that concerns images of one name.

    Why it matters:
        Engines take the first that fits. The other one is never used, unless somebody asks for
        its digest.

    How to fix it:
        Remove the one that is out of date. If both are meant, give them something to choose by,
        such as ``variant`` or ``os.version``, or names of their own.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
    """

    id = "OCI025"
    name = "repeated-platform"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the platforms of each index."""
        for index in () if archive.oci is None else archive.oci.indexes:
            yield from self._look_at(index)

    def _look_at(self, index: Index) -> Iterator[Finding]:
        seen: dict[tuple[object, ...], Descriptor] = {}
        for descriptor in index.manifests:
            if descriptor.platform is None or not refers_to_image(descriptor):
                continue
            first = seen.setdefault(_key(index, descriptor), descriptor)
            if first.digest_text != descriptor.digest_text:
                yield self.finding(
                    descriptor,
                    f"{place(descriptor)} is for {descriptor.platform}, as is {place(first)}; that "
                    "one comes first and is taken",
                    at={"digest": descriptor.digest_text},
                    related=(first.location,),
                )


def _key(index: Index, descriptor: Descriptor) -> tuple[object, ...]:
    notes = descriptor.annotations
    name = (notes.get(CONTAINERD_NAME), notes.get(REF_NAME)) if not index.depth else ()
    platform = () if descriptor.platform is None else selector(descriptor.platform)
    return (*name, notes.get(_ZSTD), *platform)
