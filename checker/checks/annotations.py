"""Annotations and labels: the predefined keys, the form of their values, and the reserved prefixes.

Source: OCI image-spec 1.1, annotations.md "Rules" and "Pre-Defined Annotation Keys"; config.md
applies the same rules to labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.model.image import REF_NAME
from checker.model.names import InvalidReferenceError, parse_digest, parse_reference
from checker.patterns import pattern
from checker.records import NamedTuple

OCI_NAMESPACE = "org.opencontainers."
IMAGE_NAMESPACE = "org.opencontainers.image."
# Those of encrypted layers, which containers/ocicrypt defines: pubopts, keys.jwe, keys.pkcs7 …
_ENCRYPTION = f"{IMAGE_NAMESPACE}enc."
_CREATED = "created"
_BASE_DIGEST = "base.digest"
_BASE_NAME = "base.name"
_KEYS = frozenset(
    {
        *(_CREATED, "authors", "url", "documentation", "source", "version", "revision", "vendor"),
        *("licenses", "title", "description", _BASE_DIGEST, _BASE_NAME),
        REF_NAME.removeprefix(IMAGE_NAMESPACE),
    },
)
_DATE_TIME = pattern(
    r"(?P<year>[0-9]{4})-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
    r"|(?<=[02468][048]-)02-29|(?<=[13579][26]-)02-29)"
    r"[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
)


class AnnotationProblem(NamedTuple):
    """One thing wrong with an annotation or label.

    Attributes:
        key: Its key.
        message: What is wrong; completes a sentence that begins with the key.
    """

    key: str
    message: str


def value_problems(annotations: Mapping[str, str]) -> Iterator[AnnotationProblem]:
    """Yield the values of predefined keys that do not have the prescribed form.

    An empty value is accepted: Buildah writes one as the base of an image built from scratch.
    """
    for name, is_sound, form in (
        (_CREATED, is_date_time, "a date and time of RFC 3339, such as 2024-05-01T12:30:00Z"),
        (_BASE_DIGEST, _is_digest, "a digest, such as sha256: and 64 hex digits"),
        (_BASE_NAME, _is_reference, "an image name, such as docker.io/library/alpine:3"),
    ):
        value = annotations.get(IMAGE_NAMESPACE + name)
        if value and not is_sound(value):
            yield AnnotationProblem(IMAGE_NAMESPACE + name, f'is "{value}", expected {form}')


def reserved_keys(annotations: Mapping[str, str]) -> Iterator[AnnotationProblem]:
    """Yield the keys with a reserved prefix that the specification does not define."""
    for key in annotations:
        if not key.startswith(OCI_NAMESPACE):
            continue
        if not key.startswith(IMAGE_NAMESPACE):
            yield AnnotationProblem(
                key, f"uses the prefix {OCI_NAMESPACE}, which is reserved for OCI specifications"
            )
        elif key.startswith(_ENCRYPTION):
            continue
        elif key.removeprefix(IMAGE_NAMESPACE) not in _KEYS:
            yield AnnotationProblem(
                key,
                f"uses the reserved prefix {IMAGE_NAMESPACE}, but version 1.1 of the image "
                "specification does not define this key",
            )


def is_date_time(text: str) -> bool:
    """Whether a text is a date and time of RFC 3339, section 5.6."""
    return _DATE_TIME.fullmatch(text) is not None


def _is_digest(text: str) -> bool:
    return parse_digest(text) is not None


def _is_reference(text: str) -> bool:
    try:
        parse_reference(text)
    except InvalidReferenceError:
        return False
    return True
