"""OCI024: a platform that is not a known GOOS/GOARCH value."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Index, Platform, Severity
from checker.checks.platforms import WINDOWS_FEATURES, unknown_values
from checker.model.image import mapping
from checker_oci.documents import (
    LayoutCheck,
    below,
    listed,
    manifest_of,
    manifests_by_path,
    members_of,
    place,
    refers_to_image,
)

_UNKNOWN = "unknown"  # BuildKit's platform for attestations


class UnknownPlatform(LayoutCheck):
    """The platform of a descriptor is not a known GOOS/GOARCH value.

    What it means:
        ``os`` and ``architecture`` of a platform should be values of Go's GOOS and GOARCH, such as
        ``linux`` and ``amd64``, and ``variant`` one of the variants of the architecture. Here one
        of them is not; often it is the name that another tool uses (``x86_64``). For Windows, the
        known value of ``os.features`` is ``win32k``. An empty ``os`` or ``architecture`` is a
        warning: both are required. Artifacts and attestations are ignored.

    Why it matters:
        An engine compares the values with those of its host. If they differ, it does not select the
        image, even if the image would run. What an empty value means is not defined, so engines
        differ.

    How to fix it:
        Use the GOOS and GOARCH values. A new or rare platform may need no change.

            "platform": {"os": "Linux", "architecture": "x86_64"}
            "platform": {"os": "linux", "architecture": "amd64"}

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
        - OCI image-spec 1.1, image-index.md, "Platform Variants"
    """

    id = "OCI024"
    name = "unknown-platform"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the platforms in the indexes."""
        by_path = manifests_by_path(archive)
        for index, descriptor in listed(archive):
            platform = descriptor.platform
            if platform is None or platform[:2] == (_UNKNOWN, _UNKNOWN):
                continue
            for field, message in _unknown(platform):
                yield self.finding(
                    descriptor._replace(location=below(descriptor.location, "platform", field)),
                    f"{place(descriptor)}: platform {message}",
                    at={"digest": descriptor.digest_text},
                )
            manifest = manifest_of(archive, by_path, descriptor)
            if not refers_to_image(descriptor) or (manifest and not manifest.is_image):
                continue
            empty = _empty(index, descriptor)
            if empty:
                yield self.finding(
                    descriptor._replace(location=below(descriptor.location, "platform", empty[0])),
                    f"{place(descriptor)}: platform {' and '.join(empty)} "
                    f"{'is' if len(empty) == 1 else 'are'} empty; both os and architecture are "
                    "required to select an image",
                    at={"digest": descriptor.digest_text},
                    severity=Severity.WARNING,
                )


def _unknown(platform: Platform) -> Iterator[tuple[str, str]]:
    yield from unknown_values(platform)
    features = sorted(set(platform.os_features) - WINDOWS_FEATURES)
    if platform.os == "windows" and features:
        yield "os.features", f'os.features "{features[0]}" is not a known value for Windows'


def _empty(index: Index, descriptor: Descriptor) -> list[str]:
    """The required members of a platform that are empty; missing ones violate the schema."""
    platform = mapping(members_of(index, descriptor).get("platform"))
    return [field for field in ("os", "architecture") if platform.get(field) == ""]
