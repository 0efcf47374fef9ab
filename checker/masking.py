"""Masks secrets in everything that is reported.

Rules do not print values that they take for secrets, but a value can be in any field of a document,
and messages quote fields. So each text of a result is masked: the secrets that the documents of the
archive contain, wherever they occur, and whatever has the form of a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from itertools import chain, islice, pairwise
from typing import Any, TypeVar, cast

from checker.checks.finding import Result
from checker.checks.fix import Fix
from checker.model.archive import Archive
from checker.model.image import Image, Layer
from checker.model.leaks import leaks_of, may_contain_secrets
from checker.model.secrets import is_plausible, is_secret_name, secret_parts
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.results import CheckedArchive, Run

T = TypeVar("T")

MASK = "***"
_SHORTEST = 6
# Messages cut long values; so much of one is enough to hide what was left of it.
_PREFIX = 12
# What is looked at of documents, so that hostile ones cannot take long.
_LONGEST = 1 << 15
_MOST_TEXT = 1 << 19
_MOST_VALUES = 100_000
_MOST_SECRETS = 1000
_TOGETHER = 64  # texts that are ruled out at once
_QUOTED = pattern(
    r"(?P<name>[\w.-]{1,80})(?P<quote>[\"']?\s{0,3}[=:]\s{0,3}[\"']?)(?P<value>[^\s\"',;]{1,400})"
)
# Fields that name things of the checker or of its user.
_KEPT = frozenset({"archive", "rule", "name", "bundle", "engine", "action", "rules"})


class Mask(NamedTuple):
    """Masks texts.

    Attributes:
        known: The known secrets; None without any.
    """

    known: _Known | None

    @classmethod
    def knowing(cls, secrets: Iterable[str]) -> Mask:
        """A mask for some secrets; those of fewer than 6 characters would hide too much else."""
        return cls(_known(secrets))

    def text(self, text: str) -> str:
        """A text without secrets."""
        if self.known is not None:
            text = self.known.hidden_in(text)
        for part in _formed(text):
            text = text.replace(part, MASK)
        return text

    def results(self, results: tuple[Result, ...]) -> tuple[Result, ...]:
        """The results of rules; most have no text but names, and many have the same reason."""
        reasons = {one.reason: self.text(one.reason) for one in results if one.reason is not None}
        return tuple(
            one
            if one.reason is None or (one.traceback is None and reasons[one.reason] == one.reason)
            else self.all(one)
            for one in results
        )

    def all(self, value: T) -> T:
        """A value with every text in it masked; records, tuples, lists and mappings are copied."""
        if not self._is_needed(value):
            return value
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            # Of several records, most have no secret.
            return cast("T", tuple(map(self.all, value)))
        return cast("T", self._any(value))

    def _is_needed(self, value: object) -> bool:
        """Whether a text of a value may contain a secret; most are ruled out together."""
        if self.known is not None:
            return True
        return may_contain_secrets("\n".join(dict.fromkeys(_texts_of(value))))

    def _fix(self, fix: Fix) -> Fix:
        """A fix; without its command or edit if that has a secret: ``***`` is a pattern in a shell.

        ``rm /data/***`` would do something else.
        """
        change = self.all(fix.change)
        return Fix(self.text(fix.title), change if change == fix.change else None)

    def _any(self, value: object) -> object:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self.text(value)
        if isinstance(value, Fix):
            return self._fix(value)
        fields: tuple[str, ...] | None = getattr(value, "_fields", None)
        if isinstance(value, tuple) and fields is not None:
            kept = (
                item if field in _KEPT else self._any(item)
                for field, item in zip(fields, value, strict=True)
            )
            return type(value)(*cast("Any", kept))
        if isinstance(value, tuple):
            return tuple(map(self._any, value))
        if isinstance(value, list):
            return list(map(self._any, value))
        if isinstance(value, Mapping):
            return {self._any(key): self._any(item) for key, item in value.items()}
        return value


def mask_of(archive: Archive | None) -> Mask:
    """The mask for what is said of an archive."""
    found = set() if archive is None else set(_secrets(archive))
    return Mask.knowing(found)


def masked(checked: CheckedArchive) -> CheckedArchive:
    """The results for an archive, without secrets in any text; the facts stay as they are."""
    mask = mask_of(checked.archive)
    return checked._replace(
        classification=mask.all(checked.classification),
        verdicts=mask.all(checked.verdicts),
        required_verdicts=mask.all(checked.required_verdicts),
        reader_verdicts=mask.all(checked.reader_verdicts),
        findings=mask.all(checked.findings),
        results=mask.results(checked.results),
        crashes=mask.all(checked.crashes),
        starts=mask.all(checked.starts),
        signatures=mask.all(checked.signatures),
    )


def masked_run(run: Run) -> Run:
    """A run for a report, without secrets in the facts that reports show."""
    return run._replace(archives=tuple(map(masked_archive, run.archives)))


def masked_archive(checked: CheckedArchive) -> CheckedArchive:
    """The results for an archive, for a report, without secrets in the facts that it shows."""
    archive = checked.archive
    if archive is None or not (archive.images or archive.damage):
        return checked
    mask = mask_of(archive)
    images = tuple(_masked_image(image, mask) for image in archive.images)
    return checked._replace(
        archive=archive._replace(images=images, damage=mask.all(archive.damage))
    )


def _masked_image(image: Image, mask: Mask) -> Image:
    return image._replace(
        names=mask.all(image.names),
        digest=mask.all(image.digest),
        platform=mask.all(image.platform),
        layers=tuple(_masked_layer(layer, mask) for layer in image.layers),
    )


def _masked_layer(layer: Layer, mask: Mask) -> Layer:
    descriptor = layer.descriptor
    if descriptor is not None:
        descriptor = descriptor._replace(
            media_type=mask.all(descriptor.media_type),
            digest_text=mask.all(descriptor.digest_text),
        )
    return layer._replace(descriptor=descriptor, diff_id=mask.all(layer.diff_id))


def _texts_of(value: object) -> Iterator[str]:
    """The texts in a value that are masked, as much of each as is looked at."""
    pending = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value[:_LONGEST]
        elif isinstance(value, Mapping):
            pending += chain(value.keys(), value.values())
        elif isinstance(value, tuple | list):
            pending += value


# --- the secrets of an archive


def _secrets(archive: Archive) -> Iterator[str]:
    left = _MOST_TEXT
    # Documents of one archive repeat texts, such as digests.
    texts = dict.fromkeys(islice(_all_texts(archive), _MOST_VALUES))
    for name, value in _suspicious(iter(texts)):
        left -= len(value)
        if left < 0:
            return
        yield from _secrets_of(name, value)


def _suspicious(texts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The texts that it is worth to look at, with the names before them."""
    while some := list(islice(texts, _TOGETHER)):
        # Most texts are ruled out together: what none of the joined ones has, no one of them has.
        are_suspicious = may_contain_secrets("\n".join(value for _, value in some))
        for name, value in some:
            if is_secret_name(name) or (are_suspicious and may_contain_secrets(value)):
                yield name, value


def _all_texts(archive: Archive) -> Iterator[tuple[str, str]]:
    """The texts in all documents with the names before them, as much as is looked at."""
    for blob in archive.members.blobs.values():
        if blob.document is not None:
            yield from _texts_in(blob.document.value)


def _texts_in(document: object) -> Iterator[tuple[str, str]]:
    """The texts in a document, whatever the types of its fields are."""
    pending: list[tuple[str, object]] = [("", document)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, str):
            yield name, value[:_LONGEST]
        elif isinstance(value, Mapping):
            for key, item in islice(value.items(), _MOST_VALUES):
                yield "", key[:_LONGEST]
                pending.append((key, item))
        elif isinstance(value, list):
            items = value[:_MOST_VALUES]
            pending += ((name, item) for item in items)
            words = [item[:_LONGEST] for item in items if isinstance(item, str)]
            yield "", " ".join(words)[:_LONGEST]
            yield from ((word.lstrip("-"), after) for word, after in pairwise(words))


def _secrets_of(name: str, value: str) -> Iterator[str]:
    if is_secret_name(name) and is_plausible(value.strip()):
        yield value.strip()
    yield from _formed(value)


# Verdicts and documents repeat texts.
@lru_cache(maxsize=2048)
def _formed(text: str) -> tuple[str, ...]:
    """The parts of a text that are secrets by form, or by the name before them, longest first."""
    text = text[:_LONGEST]
    if not may_contain_secrets(text):
        return ()
    return tuple(sorted(set(_parts(text)), key=len, reverse=True))


def _parts(text: str) -> Iterator[str]:
    yield from secret_parts(text)
    yield from (leak.value for leak in leaks_of(text) if leak.value)
    if "=" not in text and ":" not in text:
        return
    for match in _QUOTED.finditer(text):
        if is_secret_name(match["name"]) and is_plausible(match["value"]):
            yield match["value"]
    name, equals, value = text.partition("=")
    if equals and is_secret_name(name) and is_plausible(value.strip()):
        yield value.strip()


def _known(secrets: Iterable[str]) -> _Known | None:
    found = sorted(secrets, key=len, reverse=True)[:_MOST_SECRETS]
    by_start: dict[str, list[str]] = {}
    for secret in found:
        if len(secret) >= _SHORTEST:
            for form in _spellings(secret):
                by_start.setdefault(form[:_PREFIX], []).append(form)
    if not by_start:
        return None
    starts = "|".join(map(re.escape, sorted(by_start, key=len, reverse=True)))
    return _Known(re.compile(starts), {key: tuple(forms) for key, forms in by_start.items()})


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it is, and as messages quote it."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]


class _Known(NamedTuple):
    """Known secrets.

    Attributes:
        starts: Matches the starts of all of them.
        by_start: The secrets of each start.
    """

    starts: re.Pattern[str]
    by_start: Mapping[str, tuple[str, ...]]

    def hidden_in(self, text: str) -> str:
        """A text without them, and without as much of their starts as a message may have left."""
        parts: list[str] = []
        at = 0
        while (match := self.starts.search(text, at)) is not None:
            parts += (text[at : match.start()], MASK)
            rest = text[match.start() :]
            at = match.start() + max(_common(rest, secret) for secret in self.by_start[match[0]])
        return "".join((*parts, text[at:]))


def _common(text: str, secret: str) -> int:
    """The number of characters with which both begin."""
    pairs = enumerate(zip(text, secret, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(text), len(secret)))
