"""OCI023: a descriptor that gives an image another platform than its config."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.checks.platforms import variant_of
from checker.model.blob import Blob
from checker.model.image import mapping, text
from checker.model.names import Platform
from checker_oci.documents import (
    LayoutCheck,
    below,
    listed_manifests,
    place,
    refers_to_image,
    short_name,
)


class PlatformUnlikeConfig(LayoutCheck):
    """An index says that an image is for another platform than the image itself says.

    What it means:
        ``platform`` of a descriptor repeats what the config of the image says. Here the operating
        system or the architecture differs, which is an error; or the variant or the version of
        the operating system, which is a note.

    Why it matters:
        Engines choose by the descriptor and run what the config describes. So somebody gets an
        image that does not run on the machine it was chosen for: ``exec format error``.

    How to fix it:
        Look which of the two is right (``file`` on a program in the image tells), and build the
        image or the index anew. A build on another machine needs ``--platform``.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
        - OCI image-spec 1.1, config.md, "Properties" (architecture, os)
        - go-containerregistry, pkg/v1/validate/index.go, validatePlatform
    """

    id = "OCI023"
    name = "platform-unlike-config"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the platform of each descriptor with the config behind it."""
        for descriptor, manifest in listed_manifests(archive):
            if descriptor.platform is None or not refers_to_image(descriptor):
                continue
            digest = None if manifest.config is None else manifest.config.digest
            config = archive.members.blob_of(digest)
            if manifest.is_image and config is not None and config.document is not None:
                yield from self._compare(descriptor, descriptor.platform, config)

    def _compare(
        self, descriptor: Descriptor, platform: Platform, config: Blob
    ) -> Iterator[Finding]:
        own = _platform_in(config)
        grave = _differ(platform.os, own.os) or _differ(platform.architecture, own.architecture)
        light = _differ(variant_of(platform), variant_of(own))
        versions = _differ(platform.os_version or "", own.os_version or "")
        if not (grave or light or versions):
            return
        yield self.finding(
            descriptor._replace(location=below(descriptor.location, "platform")),
            f"{place(descriptor)} says {_shown(platform)}; the config {short_name(config.location)}"
            f" says {_shown(own)}",
            at={"digest": descriptor.digest_text},
            related=(config.location,),
            severity=Severity.ERROR if grave else Severity.NOTE,
        )


def _platform_in(config: Blob) -> Platform:
    value = mapping(None if config.document is None else config.document.value)
    return Platform(
        text(value.get("os")) or "",
        text(value.get("architecture")) or "",
        text(value.get("variant")),
        text(value.get("os.version")),
    )


def _differ(one: str, other: str) -> bool:
    """Whether two words differ; what is not said agrees with anything."""
    return bool(one and other) and one != other


def _shown(platform: Platform) -> str:
    return f"{platform} {platform.os_version}" if platform.os_version else str(platform)
