"""OCI002: a file ``oci-layout`` that is not a JSON object with a version."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.checks.documents import json_problems
from checker.model.names import OCI_LAYOUT
from checker_oci.documents import LayoutCheck
from checker_oci.unsupported_layout_version import VERSION_POINTER, stated_version
from checker_schemas import validate


class InvalidOciLayout(LayoutCheck):
    """The file ``oci-layout`` is not a JSON object with a version.

    What it means:
        ``oci-layout`` is a JSON object whose member ``imageLayoutVersion`` is a string. Here the
        file is not valid JSON or not an object, or the version is missing or not a string. Numbers
        and texts that only some readers can represent (I-JSON) are notes.

    Why it matters:
        containerd decodes the file to detect an image layout. If it cannot decode the file, the
        import fails; without a version, containerd does not detect an image layout. Podman and
        skopeo do not read the file.

    How to fix it:
        Write the file in UTF-8, without a byte order mark, with this content:

            {"imageLayoutVersion": "1.0.0"}

    References:
        - OCI image-spec 1.1, image-layout.md, "oci-layout file"
        - RFC 8259, sections 4 and 8.1
        - containerd 2, core/images/archive/importer.go, ImportIndex
    """

    id = "OCI002"
    name = "invalid-oci-layout"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the JSON and at its members; OCI003 checks the value of the version."""
        blob = None if archive.oci is None else archive.oci.layout
        if blob is None or not archive.has_all_of(blob):
            return
        for problem in json_problems(blob.document):
            message = f"{OCI_LAYOUT} {problem.message}"
            yield self.finding(blob, message, at=problem.at, severity=problem.severity)
        if blob.document is None or blob.document.error is not None:
            return
        version = stated_version(blob.document)
        for error in validate("oci-layout", blob.document.value):
            if version is None or error.pointer != VERSION_POINTER:
                message = f"{OCI_LAYOUT}: {error.message}"
                yield self.finding(blob, message, at={"pointer": error.pointer})
