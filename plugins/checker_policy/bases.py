"""The images that an image may be based on."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from checker import Image, parse_digest
from checker.model.image import mapping
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value, listed

_NAME = "org.opencontainers.image.base.name"
_DIGEST = "org.opencontainers.image.base.digest"
_KEYS = ("name", "digest", "diff-ids")


class Base(NamedTuple):
    """An image that others may be based on.

    Attributes:
        name: Pattern of its name, as annotation or label; empty for any.
        digest: Its digest, as annotation or label; empty for any.
        diff_ids: The diffIDs of its layers, base first; any if empty.
    """

    name: str = ""
    digest: str = ""
    diff_ids: tuple[str, ...] = ()

    def fits(self, image: Image) -> bool:
        """Whether an image is based on it."""
        diff_ids = image.config.diff_ids or () if image.config is not None else ()
        return (
            (not self.name or fnmatchcase(_value(image, _NAME), self.name))
            and (not self.digest or _value(image, _DIGEST) == self.digest)
            and diff_ids[: len(self.diff_ids)] == self.diff_ids
        )

    @property
    def words(self) -> str:
        """What it is called in messages."""
        return self.name or self.digest or self.diff_ids[-1]


class Bases(NamedTuple):
    """The images that an image may be based on."""

    bases: tuple[Base, ...]

    def of_image(self, image: Image) -> Iterator[Problem]:
        """Find out whether the image is based on one of them."""
        if any(base.fits(image) for base in self.bases):
            return
        name = _value(image, _NAME)
        based = f'based on "{name}"' if name else f"without the annotation {_NAME}"
        allowed = listed(base.words for base in self.bases)
        yield Problem(f"{image.label} is {based} and not on an allowed base: {allowed}")


def _value(image: Image, key: str) -> str:
    """The value of an annotation of the image, else of a label; empty if it has neither."""
    if image.manifest is not None:
        own = image.manifest.annotations.get(key)
        value = own or image.manifest.descriptor.annotations.get(key)
        if value:
            return value
    settings = {} if image.config is None else image.config.settings
    label = mapping(settings.get("Labels")).get(key)
    return label if isinstance(label, str) else ""


def _digest(value: Value) -> str:
    text = value.text()
    if parse_digest(text) is None:
        value.fail(f'invalid digest "{text}" (expected such as sha256: and 64 digits)')
    return text


def _base(value: Value) -> Base:
    if isinstance(value.raw, str):
        return Base(name=value.text())
    found = value.table(_KEYS)
    if not found:
        value.fail(f"must have one of {', '.join(_KEYS)}")
    return Base(
        name=found["name"].text() if "name" in found else "",
        digest=_digest(found["digest"]) if "digest" in found else "",
        diff_ids=tuple(map(_digest, found["diff-ids"].one_or_more()))
        if "diff-ids" in found
        else (),
    )


def _bases(value: Value) -> Bases:
    return Bases(tuple(_base(item) for item in value.one_or_more()))


KEYS: Keys = {"bases": _bases}
