"""OCI023: a descriptor whose platform does not match the config of the image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Descriptor, Finding, Platform, Severity
from checker.checks.platforms import variant_of
from checker.model.image import mapping, strings, text
from checker_oci.documents import (
    LayoutCheck,
    below,
    listed_manifests,
    place,
    refers_to_image,
    short_name,
)


class PlatformUnlikeConfig(LayoutCheck):
    """The platform of a descriptor does not match the config of the image.

    What it means:
        ``platform`` of a descriptor repeats the platform in the config of the image. Here the
        operating system or the architecture differs, which is an error; or the variant, the version
        of the operating system, or the features that it must have (``os.features``), which is a
        note. An absent value matches any other, but features that only one of them requires are
        reported.

    Why it matters:
        Engines select by the descriptor and run what the config describes, so the selected image
        may not run on the host: ``exec format error``.

    How to fix it:
        Find out which one is correct (run ``file`` on a program in the image), and build the image
        or the index again. A build for another platform needs ``--platform``:

            docker buildx build --platform linux/arm64 -t app:1 .

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
        - OCI image-spec 1.1, config.md, "Properties" (architecture, os)
        - go-containerregistry, pkg/v1/validate/index.go, validatePlatform
    """

    id = "OCI023"
    name = "platform-unlike-config"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the platform of each descriptor with the config of its image."""
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
        is_other = _differ(platform.os, own.os) or _differ(platform.architecture, own.architecture)
        variants = _differ(variant_of(platform), variant_of(own))
        versions = _differ(platform.os_version or "", own.os_version or "")
        features = frozenset(platform.os_features) != frozenset(own.os_features)
        if not (is_other or variants or versions or features):
            return
        shown = _with_features if features else _shown
        yield self.finding(
            descriptor._replace(location=below(descriptor.location, "platform")),
            f"{place(descriptor)} says {shown(platform)}, the config {short_name(config.location)} "
            f"says {shown(own)}",
            at={"digest": descriptor.digest_text},
            related=(config.location,),
            severity=Severity.ERROR if is_other else Severity.NOTE,
        )


def _platform_in(config: Blob) -> Platform:
    value = mapping(None if config.document is None else config.document.value)
    return Platform(
        text(value.get("os")) or "",
        text(value.get("architecture")) or "",
        text(value.get("variant")),
        text(value.get("os.version")),
        strings(value.get("os.features")),
    )


def _differ(one: str, other: str) -> bool:
    """Whether two values differ; an empty one matches any value."""
    return bool(one and other) and one != other


def _shown(platform: Platform) -> str:
    return f"{platform} {platform.os_version}" if platform.os_version else str(platform)


def _with_features(platform: Platform) -> str:
    features = ", ".join(sorted(set(platform.os_features))) or "(none)"
    return f"{_shown(platform)} with os.features {features}"
