"""OCI024: a platform in words that no engine knows."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.checks.platforms import WINDOWS_FEATURES, unknown_values
from checker.model.names import Platform
from checker_oci.documents import LayoutCheck, below, listed, place

_UNKNOWN = "unknown"  # what BuildKit says of attestations


class UnknownPlatform(LayoutCheck):
    """A descriptor gives a platform in words that are not Go's.

    What it means:
        ``os`` and ``architecture`` of a platform should be values of Go's GOOS and GOARCH, such as
        ``linux`` and ``amd64``, and ``variant`` one of those that the architecture has. Here one
        is not: often it is what another tool calls the same thing (``x86_64``). For Windows,
        ``os.features`` knows ``win32k``.

    Why it matters:
        An engine compares the words with those of its own machine. Where they differ it does not
        choose the image, even if it would run.

    How to fix it:
        Write Go's word. If the platform is a new or a rare one, there is nothing to mend.

    References:
        - OCI image-spec 1.1, image-index.md, "Image Index Property Descriptions" (platform)
        - OCI image-spec 1.1, image-index.md, "Platform Variants"
    """

    id = "OCI024"
    name = "unknown-platform"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the platforms that the indexes give."""
        for _, descriptor in listed(archive):
            platform = descriptor.platform
            if platform is None or platform[:2] == (_UNKNOWN, _UNKNOWN):
                continue
            for field, message in _strange(platform):
                yield self.finding(
                    descriptor._replace(location=below(descriptor.location, "platform", field)),
                    f"{place(descriptor)} has a platform whose {message}",
                    at={"digest": descriptor.digest_text},
                )


def _strange(platform: Platform) -> Iterator[tuple[str, str]]:
    yield from unknown_values(platform)
    strangers = sorted(set(platform.os_features) - WINDOWS_FEATURES)
    if platform.os == "windows" and strangers:
        message = f'os.features for Windows has "{strangers[0]}", which engines do not know'
        yield "os.features", message
