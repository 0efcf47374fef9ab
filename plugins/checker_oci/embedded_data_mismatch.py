"""OCI015: a descriptor whose embedded data does not match its digest or size."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator

from checker import Archive, Descriptor, Finding, Severity
from checker.model.names import shorten
from checker_oci.documents import LayoutCheck, below, descriptors, place


class EmbeddedDataMismatch(LayoutCheck):
    """The ``data`` of a descriptor does not match its digest or size.

    What it means:
        A descriptor may embed a copy of its content, base64-encoded in ``data``. Decoded, it must
        match ``size`` and ``digest``. Here it does not.

    Why it matters:
        A reader that uses the embedded copy sees other content than one that reads the blob, so the
        image has two meanings. Careful readers reject it.

    How to fix it:
        Embed the content itself (``base64 -w0 FILE``), or remove ``data``. Then update the digest
        and size of the changed document in the descriptors that reference it. The two bytes ``{}``,
        for example, are embedded as:

            "size": 2, "data": "e30="

    References:
        - OCI image-spec 1.1, descriptor.md, "Properties" (data) and "Embedded Content"
        - RFC 4648, section 4
    """

    id = "OCI015"
    name = "embedded-data-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Decode and hash the embedded data."""
        for descriptor in descriptors(archive):
            content = None if descriptor.data is None else _decoded(descriptor.data)
            what = None if content is None else _mismatch(descriptor, content)
            if what is not None:
                yield self.finding(
                    descriptor._replace(location=below(descriptor.location, "data")),
                    f"{place(descriptor)} embeds content that {what}",
                    at={"digest": descriptor.digest_text},
                )


def _decoded(data: str) -> bytes | None:
    """The embedded content; None if it is not valid base64, which OCI007 reports."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _mismatch(descriptor: Descriptor, content: bytes) -> str | None:
    digest = descriptor.digest
    if descriptor.size is not None and descriptor.size != len(content):
        return f"has {len(content)} bytes; its size says {descriptor.size}"
    if digest is None or not digest.computable:
        return None
    encoded = hashlib.new(digest.algorithm, content).hexdigest()
    if encoded == digest.encoded:
        return None
    found = shorten(f"{digest.algorithm}:{encoded}")
    return f"hashes to {found}; its digest says {shorten(str(digest))}"
