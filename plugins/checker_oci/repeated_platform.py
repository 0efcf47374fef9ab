"""OCI025: two images for the same platform, of which engines use one."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Index, Severity
from checker.checks.platforms import selector
from checker.model.image import CONTAINERD_NAME, REF_NAME
from checker_oci.documents import LayoutCheck, place, refers_to_image

_ZSTD = "io.github.containers.compression.zstd"  # distinguishes two such images for Podman


class RepeatedPlatform(LayoutCheck):
    """An index lists two different images for the same platform.

    What it means:
        Engines select by platform, but two descriptors have the same one: the same operating
        system, architecture and variant (``arm64`` is ``arm64/v8``), and no other known property
        that distinguishes them. In ``index.json`` only images with the same name are compared.

    Why it matters:
        Engines select the first match. The other image is never used, unless it is requested by
        digest.

    How to fix it:
        Remove the outdated descriptor. If both are intended, distinguish them, for example by
        ``variant``, by ``os.version`` or by different names:

            "platform": {"os": "linux", "architecture": "amd64"}
            "platform": {"os": "linux", "architecture": "amd64", "variant": "v3"}

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
    """

    id = "OCI025"
    name = "repeated-platform"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the platforms of each index."""
        for index in () if archive.oci is None else archive.oci.indexes:
            yield from self._inspect(index)

    def _inspect(self, index: Index) -> Iterator[Finding]:
        seen: dict[tuple[object, ...], Descriptor] = {}
        for descriptor in index.manifests:
            if descriptor.platform is None or not refers_to_image(descriptor):
                continue
            first = seen.setdefault(_key(index, descriptor), descriptor)
            if first.digest_text != descriptor.digest_text:
                yield self.finding(
                    descriptor,
                    f"{place(descriptor)} is for {descriptor.platform}, as is {place(first)}; "
                    "engines use the first one",
                    at={"digest": descriptor.digest_text},
                    related=(first.location,),
                )


def _key(index: Index, descriptor: Descriptor) -> tuple[object, ...]:
    notes = descriptor.annotations
    name = (notes.get(CONTAINERD_NAME), notes.get(REF_NAME)) if not index.depth else ()
    platform = () if descriptor.platform is None else selector(descriptor.platform)
    return (*name, notes.get(_ZSTD), *platform)
