"""OCI017: content that is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker_oci.documents import LayoutCheck, below, descriptors, place
from checker_schemas.formats import is_uri

_WEB = ("http:", "https:")


class ContentAtUrls(LayoutCheck):
    """A descriptor says where else its content can be had.

    What it means:
        ``urls`` of a descriptor lists places from which its content may be downloaded. That is
        allowed, and usual for the base layers of old Windows images. A place that is not
        reached by http or https is a warning.

    Why it matters:
        Podman and skopeo go to these places first, even if the archive holds the content: then
        loading needs a network, and tells a stranger's server about it. With another scheme than
        http and https most readers cannot fetch anything.

    How to fix it:
        Leave ``urls`` out where the content is in the archive. Then correct the digest and size of
        the changed document in what refers to it.

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" (urls)
        - containers/image, oci/layout/oci_src.go, GetBlob
    """

    id = "OCI017"
    name = "content-behind-urls"
    severity = Severity.NOTE

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the addresses in all descriptors."""
        for descriptor in descriptors(archive):
            if descriptor.urls:
                yield from self._look_at(descriptor)

    def _look_at(self, descriptor: Descriptor) -> Iterator[Finding]:
        # What is no address at all is OCI007's to say.
        found = [(i, url) for i, url in enumerate(descriptor.urls) if is_uri(url)]
        for i, url in found:
            if not _is_of_web(url):
                yield self.finding(
                    descriptor._replace(location=below(descriptor.location, "urls", i)),
                    f"{place(descriptor)} gives the address {url}, which is neither http nor https",
                    severity=Severity.WARNING,
                )
        web = next((url for _, url in found if _is_of_web(url)), None)
        if web is not None:
            yield self.finding(
                descriptor._replace(location=below(descriptor.location, "urls")),
                f"{place(descriptor)} has its content come from {web}; Podman and skopeo ask there "
                "before they look into the archive",
            )


def _is_of_web(url: str) -> bool:
    return url.lower().startswith(_WEB)
