"""OCI003: an image layout of an unsupported version."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Document, DocumentEdit, Finding, Fix, Severity
from checker.model.archive import Source
from checker.model.entries import REGULAR
from checker.model.image import mapping, text
from checker.model.names import OCI_LAYOUT
from checker_oci.documents import LayoutCheck

VERSION = "1.0.0"
"""The only version of the image layout, in all versions of the specification."""

VERSION_POINTER = "/imageLayoutVersion"


def stated_version(document: Document) -> str | None:
    """The version in ``oci-layout``; None if it is missing or not a string."""
    return text(mapping(document.value).get("imageLayoutVersion"))


class UnsupportedLayoutVersion(LayoutCheck):
    """The version of the image layout is not 1.0.0.

    What it means:
        ``imageLayoutVersion`` in ``oci-layout`` is a string, but not ``1.0.0``. The layout has a
        separate version, which is still 1.0.0 in version 1.1 of the specification.

    Why it matters:
        containerd rejects the archive, as does ``docker load`` on the containerd image store:
        ``unsupported OCI version``. Podman and skopeo do not read the file.

    How to fix it:
        Set ``imageLayoutVersion`` to ``1.0.0``:

            {"imageLayoutVersion": "1.1.0"}
            {"imageLayoutVersion": "1.0.0"}

    References:
        - OCI image-spec 1.1, image-layout.md, "oci-layout file"
        - OCI image-spec 1.1, schema/image-layout-schema.json
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI003"
    name = "unsupported-layout-version"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the version."""
        blob = None if archive.oci is None else archive.oci.layout
        if blob is None or blob.document is None:
            return
        version = stated_version(blob.document)
        if version not in (None, VERSION):
            # containerd reads regular files alone.
            is_read = archive.source is Source.DIRECTORY or (
                archive.entries[blob.position].kind == REGULAR
            )
            is_refused = version and is_read
            does = "rejects the archive" if is_refused else "does not read it as an image layout"
            yield self.finding(
                blob,
                f'{OCI_LAYOUT} says imageLayoutVersion "{version}", the only version is '
                f'"{VERSION}"; containerd {does}',
                at={"pointer": VERSION_POINTER},
                fix=Fix(
                    "state the only version", DocumentEdit(OCI_LAYOUT, VERSION_POINTER, VERSION)
                ),
            )
