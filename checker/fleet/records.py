"""What a check gives: the rows of the tables, and the line for programs."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from checker._version import __version__
from checker.checks.finding import Finding, Severity
from checker.fleet.found import Found
from checker.fleet.schema import ARCHIVE_TABLE, FINDINGS, State
from checker.model.image import Image, Layer
from checker.records import NamedTuple
from checker.reports.json_report import archive_document, encodable, without_marks
from checker.reports.printable import without_surrogates
from checker.results import CheckedArchive
from checker.starting.obstacle import Start
from checker.verdicts import Verdict

Row = tuple[object, ...]
"""The values of a row, in the order of the columns."""

_INT64 = 1 << 63
_SEVERITY, _WAIVED = (
    next(place for place, column in enumerate(FINDINGS) if column.name == name)
    for name in ("severity", "waived")
)


class Cost(NamedTuple):
    """What a check took.

    Attributes:
        requests: Requests for ranges of the object.
        fetched: Bytes that they fetched.
        shared_layers: Layers that were not read, as they were known.
        shared_bytes: Bytes of these layers.
        seconds: Time.
    """

    requests: int = 0
    fetched: int = 0
    shared_layers: int = 0
    shared_bytes: int = 0
    seconds: float = 0.0


class Judged(NamedTuple):
    """What became of one object.

    Attributes:
        found: The object.
        state: What became of it.
        error: Why it is not checked, or not completely.
        passes: Whether it was checked completely, without findings that fail.
        cost: What it took.
        rows: The rows of each table.
        line: The check as one line of JSON.
    """

    found: Found
    state: State
    error: str | None
    passes: bool
    cost: Cost
    rows: Mapping[str, tuple[Row, ...]]
    line: bytes

    def number_of(self, severity: Severity) -> int:
        """Findings of a severity that are not waived."""
        rows = self.rows.get("findings", ())
        return sum(row[_SEVERITY] == severity and row[_WAIVED] is None for row in rows)


class Check(NamedTuple):
    """What identifies a check.

    Attributes:
        id: The check: the same in all tables.
        found: The object.
        fingerprint: Of the checker, the plugins and the settings.
    """

    id: str
    found: Found
    fingerprint: str


def judged(check: Check, checked: CheckedArchive, fail_on: Severity | None, cost: Cost) -> Judged:
    """What a check of an archive gives.

    Args:
        check: The check.
        checked: The results.
        fail_on: What fails it.
        cost: What it took.
    """
    error = checked.error or "; ".join(_incomplete(checked)) or None
    state = State.CHECKED if checked.error is None else State.UNREADABLE
    passes = checked.passes(fail_on)
    rows: dict[str, Iterator[tuple[object, ...]]] = {
        "images": _images(checked),
        "layers": _layers(checked),
        "findings": map(_finding, checked.findings),
        "verdicts": map(_verdict, checked.verdicts),
    }
    own = (check.id, check.found.name)
    archive = _archive(check, _Fate(state, error, passes), checked, cost)
    return Judged(
        check.found,
        state,
        error,
        passes,
        cost,
        {
            **{
                name: tuple(_encoded((*own, *row)) for row in found) for name, found in rows.items()
            },
            ARCHIVE_TABLE: (archive,),
        },
        _line(check, state, error, archive_document(checked)),
    )


def not_judged(check: Check, state: State, error: str, cost: Cost | None = None) -> Judged:
    """An object that is not checked.

    Args:
        check: The check.
        state: What became of the object.
        error: Why.
        cost: What it took.
    """
    cost = cost or Cost()
    archive = _archive(check, _Fate(state, error, passes=False), None, cost)
    line = _line(check, state, error, None)
    return Judged(check.found, state, error, False, cost, {ARCHIVE_TABLE: (archive,)}, line)


def _incomplete(checked: CheckedArchive) -> Iterator[str]:
    """Why a check is not complete, although the archive was read."""
    yield from checked.crashes
    yield from (f"{one.rule} crashed: {one.reason}" for one in checked.results if one.traceback)
    yield from map(str, checked.problems)


class _Fate(NamedTuple):
    state: State
    error: str | None
    passes: bool


def _archive(check: Check, fate: _Fate, checked: CheckedArchive | None, cost: Cost) -> Row:
    found = check.found
    return _encoded(
        (
            *(check.id, found.name, found.source, str(fate.state), fate.error, fate.passes),
            *(found.size, found.etag, found.modified, check.fingerprint, __version__),
            dt.datetime.now(tz=dt.UTC),
            *(_NOTHING if checked is None else _facts(checked)),
            *(cost.shared_layers, cost.shared_bytes, cost.requests, cost.fetched, cost.seconds),
        )
    )


_NOTHING: Row = (None,) * 12


def _facts(checked: CheckedArchive) -> Row:
    archive, kind = checked.archive, checked.classification
    return (
        None if archive is None else str(archive.kind),
        None if kind is None else kind.producer,
        None if archive is None else str(archive.compression.kind),
        None if kind is None else str(kind.loadable),
        None if kind is None else kind.importable,
        None if kind is None else kind.restore,
        *(_count(checked, one) for one in Severity),
        sum(finding.waived is not None for finding in checked.findings),
        None if archive is None else len(archive.images),
        None if archive is None else archive.stats.entries,
    )


def _count(checked: CheckedArchive, severity: Severity) -> int:
    found = (finding for finding in checked.findings if not finding.is_accepted)
    return sum(finding.severity is severity for finding in found)


def _images(checked: CheckedArchive) -> Iterator[Row]:
    images = () if checked.archive is None else checked.archive.images
    starts = checked.starts[: len(images)]
    for number, (image, start) in enumerate(zip_longest(images, starts)):
        yield _image(number, image, start)


def _image(number: int, image: Image, start: Start | None) -> Row:
    return (
        number,
        list(image.names),
        image.digest,
        None if image.platform is None else str(image.platform),
        len(image.layers),
        None if start is None else str(start.answer),
        None if start is None else start.reason,
    )


def _layers(checked: CheckedArchive) -> Iterator[Row]:
    for number, image in enumerate(() if checked.archive is None else checked.archive.images):
        for position, layer in enumerate(image.layers):
            yield (number, position, *_layer(layer))


def _layer(layer: Layer) -> Row:
    descriptor, blob = layer.descriptor, layer.blob
    named = None if descriptor is None else descriptor.digest_text
    return (
        named or (None if blob is None else blob.digest),
        layer.diff_id,
        None if descriptor is None else descriptor.media_type,
        descriptor.size if blob is None and descriptor is not None else blob and blob.size,
        None if blob is None or not blob.whole else blob.inflated_size,
        None if blob is None else blob.entry_count,
    )


def _finding(finding: Finding) -> Row:
    place = finding.location
    return (
        *(finding.rule, finding.name, str(finding.severity), finding.message),
        *(place.member, place.offset, place.digest, place.image, place.layer, place.path),
        *(place.pointer, None if finding.fix is None else finding.fix.text, finding.waived),
    )


def _verdict(verdict: Verdict) -> Row:
    return (
        *(verdict.engine, verdict.action, str(verdict.outcome), verdict.reason),
        *(verdict.message, list(verdict.conditions)),
    )


def _encoded(row: Row) -> Row:
    """A row that a table can hold: texts that are UTF-8, and numbers of 64 bits."""
    return tuple(map(_value, row))


def _value(value: object) -> object:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, int) and abs(value) >= _INT64:
        return None
    return list(map(_value, value)) if isinstance(value, list) else value


def _line(check: Check, state: State, error: str | None, archive: object) -> bytes:
    found = check.found
    document = {
        "check": check.id,
        "url": found.name,
        "source": found.source,
        "state": state,
        "error": error,
        "size": found.size,
        "etag": found.etag,
        "modified": found.modified,
        "archive": archive,
    }
    text = json.dumps(encodable(document), separators=(",", ":"))
    return without_marks(text).encode() + b"\n"
