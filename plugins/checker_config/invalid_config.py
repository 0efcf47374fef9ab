"""CFG001: an image config that departs from its schema."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.documents import json_problems
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.document import Document
from checker.model.image import mapping
from checker_config.configs import ImageCheck, config_blobs
from checker_schemas import SchemaError, validate

_TYPE = "/rootfs/type"


class InvalidConfig(ImageCheck):
    """An image config is no JSON, or departs from its schema.

    What it means:
        What an image names as its config is no JSON document, or a member has another type or
        value than the specification says, or ``architecture``, ``os`` or ``rootfs`` is missing.
        Members that the specification does not know, and ``null`` for optional ones, are fine.

    Why it matters:
        Engines decode the config strictly. Docker refuses an image whose config has a number
        where text belongs, no ``rootfs``, or anything behind its end; Docker 29 also one whose
        ``Cmd`` is a string. Without ``os`` and ``architecture`` an engine guesses the platform.

    How to mend it:
        Build or write the image again. A config that is edited by hand gets another digest, which
        is the image's ID and stands in its manifest.

    References:
        - OCI image-spec 1.1, config.md, "Properties"
        - Docker Image Specification v1.2, "Image JSON Field Descriptions"
        - RFC 8259, sections 4 and 8.1
    """

    id = "CFG001"
    name = "invalid-config"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the configs of all images."""
        for image, blob in config_blobs(archive):
            label = f"config of {image.label}"
            subject = blob._replace(location=blob.location._replace(image=image.location.image))
            for problem in json_problems(blob.document):
                message = f"{label} {problem.message}"
                yield self.finding(subject, message, at=problem.at, severity=problem.severity)
            for error in _schema_errors(blob.document):
                message = f"{label}: {error.message}"
                yield self.finding(subject, message, at={"pointer": error.pointer})


def _schema_errors(document: Document | None) -> Iterator[SchemaError]:
    """Where the config departs from its schema; CFG002 speaks of another type of root."""
    if document is None or document.error is not None:
        return
    rootfs = mapping(mapping(document.value).get("rootfs"))
    for error in validate("oci-config", document.value):
        if error.pointer != _TYPE or not isinstance(rootfs.get("type"), str):
            yield error
