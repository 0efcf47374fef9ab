"""Problems of a JSON document before its content matters: syntax, encoding, repeated names."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Place
from checker.checks.finding import Severity
from checker.checks.interoperability import odd_values
from checker.model.document import Document, pointer
from checker.records import NamedTuple


class JsonProblem(NamedTuple):
    """One thing wrong with the JSON of a document.

    Attributes:
        message: What is wrong; completes a sentence that begins with the document's name.
        at: Where in the document: ``offset`` in bytes, or ``pointer``.
        severity: How much it matters.
    """

    message: str
    at: Place
    severity: Severity


def json_problems(document: Document | None) -> Iterator[JsonProblem]:
    """Yield what RFC 8259 forbids, or advises against, in a document as stored in the archive.

    A repeated name is only advised against (section 4), so it is a warning; what I-JSON forbids
    otherwise is a note.

    Args:
        document: The document; None for content that does not look like JSON at all.
    """
    if document is None:
        yield JsonProblem(
            "is not a JSON document: it does not begin with { or [", {"offset": 0}, Severity.ERROR
        )
    elif document.error is not None:
        at: Place = {"offset": document.error_offset}
        yield JsonProblem(f"is not a JSON document: {document.error}", at, Severity.ERROR)
    else:
        yield from _problems_of_bytes(document)
        for place in document.duplicate_keys:
            yield JsonProblem(
                f"contains the member {place} more than once; Go's decoder uses the last one, "
                "other readers may use the first",
                {"pointer": place},
                Severity.WARNING,
            )
        yield from interoperability_problems(document)


def interoperability_problems(document: Document) -> Iterator[JsonProblem]:
    """Yield the values of a document without errors that readers treat differently (RFC 7493)."""
    for odd in odd_values(document):
        yield JsonProblem(odd.message, {"pointer": odd.pointer}, Severity.NOTE)


def case_problems(value: object, known: frozenset[str], where: str = "") -> Iterator[JsonProblem]:
    """Yield the members of an object whose names differ from known ones only in case.

    Go's decoder matches names without regard to case (encoding/json, Unmarshal); other readers do
    not.

    Args:
        value: The object; anything else has no members.
        known: The names that have a meaning.
        where: JSON pointer of the object.
    """
    if not isinstance(value, dict) or value.keys() <= known:
        return
    by_lower = {name.lower(): name for name in known}
    for name in value:
        meant = None if name in known else by_lower.get(name.lower())
        if meant is not None:
            yield JsonProblem(
                f'contains the member {where}{pointer(name)}, which engines read as "{meant}"; '
                "other readers ignore it",
                {"pointer": where + pointer(name)},
                Severity.WARNING,
            )


def _problems_of_bytes(document: Document) -> Iterator[JsonProblem]:
    if document.bom:
        yield JsonProblem(
            "begins with a byte order mark, which JSON does not allow (RFC 8259, section 8.1); "
            "Go's decoder reports a syntax error",
            {"offset": 0},
            Severity.ERROR,
        )
    if document.not_utf8 is not None:
        yield JsonProblem(
            f"is not valid UTF-8 at byte {document.not_utf8}; JSON must be encoded in UTF-8 (RFC "
            "8259, section 8.1)",
            {"offset": document.not_utf8},
            Severity.ERROR,
        )
    if document.trailing is not None:
        yield JsonProblem(
            f"has trailing data at byte {document.trailing} after the first JSON value, which "
            "only some readers ignore",
            {"offset": document.trailing},
            Severity.ERROR,
        )
