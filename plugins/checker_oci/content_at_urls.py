"""OCI017: content that is downloaded from a URL."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.typing_names import ClassVar
from checker_oci.documents import LayoutCheck, below, descriptors, place
from checker_schemas.formats import is_uri

_WEB = ("http:", "https:")


class ContentAtUrls(LayoutCheck):
    """A descriptor lists URLs for its content.

    What it means:
        ``urls`` of a descriptor lists URLs from which its content can be downloaded. This is
        allowed and common for the base layers of old Windows images. A URL with another scheme than
        http or https is a warning.

    Why it matters:
        Podman and skopeo try these URLs first, even if the archive contains the content: loading
        then requires network access, and contacts a third-party server. Most readers cannot
        download anything with other schemes than http and https.

    How to fix it:
        Remove ``urls`` if the content is in the archive, and update the digest and size of the
        changed document in the descriptors that reference it.

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" (urls)
        - containers/image, oci/layout/oci_src.go, GetBlob
    """

    id = "OCI017"
    name = "content-at-urls"
    aliases: ClassVar[tuple[str, ...]] = ("content-behind-urls",)
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the URLs in all descriptors."""
        for descriptor in descriptors(archive):
            if descriptor.urls:
                yield from self._inspect(descriptor)

    def _inspect(self, descriptor: Descriptor) -> Iterator[Finding]:
        # OCI007 reports values that are not URIs.
        found = [(i, url) for i, url in enumerate(descriptor.urls) if is_uri(url)]
        for i, url in found:
            if not _is_of_web(url):
                yield self.finding(
                    descriptor._replace(location=below(descriptor.location, "urls", i)),
                    f"{place(descriptor)} lists the URL {url}, whose scheme is neither http nor "
                    "https; most readers cannot download from it",
                    severity=Severity.WARNING,
                )
        web = next((url for _, url in found if _is_of_web(url)), None)
        if web is not None:
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "urls")),
                f"{place(descriptor)} lists the download URL {web}; Podman and skopeo try it "
                "before they read the archive",
            )


def _is_of_web(url: str) -> bool:
    return url.lower().startswith(_WEB)
