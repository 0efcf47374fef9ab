"""CFG001: an image config that does not conform to its schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker import Archive, Document, Finding, Severity
from checker.checks.annotations import is_date_time
from checker.checks.documents import JsonProblem, case_problems, json_problems
from checker.model.document import pointer
from checker.model.image import items, mapping
from checker.patterns import pattern
from checker.typing_names import TYPE_CHECKING
from checker_config.configs import ImageCheck, config_blobs
from checker_schemas import validate

if TYPE_CHECKING:
    from checker_schemas import SchemaError

_TYPE = "/rootfs/type"
_MEMBERS = frozenset(
    {
        *("architecture", "author", "config", "created", "history", "os", "os.features"),
        *("os.version", "rootfs", "variant"),
    },
)
_SETTINGS = frozenset(
    {
        *("ArgsEscaped", "Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels"),
        *("OnBuild", "Shell", "StopSignal", "User", "Volumes", "WorkingDir"),
    },
)
_UNLIKE_GO = pattern("[tz]|:60")


class InvalidConfig(ImageCheck):
    """An image config is not valid JSON or does not conform to its schema.

    What it means:
        The blob that an image references as its config is not a JSON document, a property has a
        type or value that the specification does not allow, or ``architecture``, ``os`` or
        ``rootfs`` is missing. The types of Docker's own properties are checked too, and dates that
        are valid RFC 3339 but cannot be parsed by engines. Unknown properties, and ``null`` for
        optional ones, are accepted. Warnings: an exposed port with a protocol other than tcp, udp
        or sctp, and a property that differs from a known one only in case. Numbers and texts that
        only some readers can represent, such as ``1e400``, are notes.

    Why it matters:
        Engines decode the config strictly. Docker rejects an image whose config has a number where
        a string is expected, has no ``rootfs``, or has trailing data; Docker 29 also rejects a
        string for ``Cmd``. Without ``os`` and ``architecture`` an engine guesses the platform.

    How to fix it:
        Rebuild the image or write the config again. A config that is edited by hand has a different
        digest, which is the image ID and is referenced by the manifest.

            before:  "Cmd": "/bin/app --serve"
            after:   "Cmd": ["/bin/app", "--serve"]

    References:
        - OCI image-spec 1.1, config.md, "Properties"
        - Docker Image Specification v1.2, "Image JSON Field Descriptions"
        - RFC 8259, sections 4 and 8.1; RFC 7493 (I-JSON), sections 2.1 and 2.2
    """

    id = "CFG001"
    name = "invalid-config"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Validate the configs of all images."""
        for image, blob in config_blobs(archive):
            label = f"config of {image.label}"
            subject = blob._replace(location=blob.location._replace(image=image.location.image))
            for problem in (*json_problems(blob.document), *_case_problems(blob.document)):
                message = f"{label} {problem.message}"
                yield self.finding(subject, message, at=problem.at, severity=problem.severity)
            for error in _schema_errors(blob.document):
                message = f"{label}: {error.message}"
                mild = Severity.WARNING if _is_odd_protocol(error) else None
                yield self.finding(subject, message, at={"pointer": error.pointer}, severity=mild)
            for place, date in _dates_that_go_rejects(blob.document):
                message = (
                    f'{label}: {place} is "{date}"; RFC 3339 allows lower-case letters and leap '
                    "seconds, but engines cannot parse such a date"
                )
                yield self.finding(subject, message, at={"pointer": place})


def _case_problems(document: Document | None) -> Iterator[JsonProblem]:
    value = mapping(None if document is None else document.value)
    yield from case_problems(value, _MEMBERS)
    yield from case_problems(value.get("config"), _SETTINGS, pointer("config"))


def _is_odd_protocol(error: SchemaError) -> bool:
    """Whether an error is about a port with another protocol, which engines accept."""
    return _numbered_port().fullmatch(error.pointer) is not None


@cache
def _numbered_port() -> re.Pattern[str]:
    number = "6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[0-5]?[0-9]{1,4}"
    return re.compile(rf"/config/ExposedPorts/(?:{number})~1[A-Za-z0-9]+")


def _dates_that_go_rejects(document: Document | None) -> Iterator[tuple[str, str]]:
    """Yield the dates that RFC 3339 allows and Go does not decode, with their pointers."""
    value = mapping(None if document is None else document.value)
    dates = [(pointer("created"), value.get("created"))]
    for i, entry in enumerate(items(value.get("history"))):
        dates.append((pointer("history", i, "created"), mapping(entry).get("created")))
    for place, date in dates:
        if isinstance(date, str) and _UNLIKE_GO.search(date) and is_date_time(date):
            yield place, date


def _schema_errors(document: Document | None) -> Iterator[SchemaError]:
    """Where the config does not conform to its schema; CFG002 reports other values of the type."""
    if document is None or document.error is not None:
        return
    rootfs = mapping(mapping(document.value).get("rootfs"))
    for error in validate("oci-config", document.value):
        if error.pointer != _TYPE or not isinstance(rootfs.get("type"), str):
            yield error
