"""JSON, read strictly: what a lenient reader passes over is kept as a fact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from checker.model.document import Document, pointer
from checker.model.limits import LimitReached, Limits
from checker.reading.compression import LimitError

_BOM = b"\xef\xbb\xbf"
_BLANK = " \t\r\n"
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)
_DUPLICATES_KEPT = 100


def read_document(raw: bytes, limits: Limits) -> Document:
    """Read one document.

    Args:
        raw: The bytes of the file.
        limits: Bounds on nesting.

    Raises:
        LimitError: It is nested deeper than ``limits.json_depth``.
    """
    bom = raw.startswith(_BOM)
    body = raw[len(_BOM) :] if bom else raw
    shift = len(_BOM) if bom else 0
    not_utf8 = _first_not_utf8(body)
    # Go replaces what is not UTF-8 and reads on.
    text = body.decode("utf-8", "replace" if not_utf8 is not None else "strict")
    _check_depth(text, limits)
    duplicates: list[tuple[dict[str, object], str]] = []
    start = len(text) - len(text.lstrip(_BLANK))
    error: str | None = None
    error_offset = trailing = None
    value: object = None
    try:
        value, end = _decoder(duplicates).raw_decode(text, start)
    except json.JSONDecodeError as problem:
        error = f"{problem.msg} (line {problem.lineno}, column {problem.colno})"
        error_offset = shift + len(text[: problem.pos].encode("utf-8", "replace"))
    except (ValueError, RecursionError) as problem:
        error = str(problem)
    else:
        rest = text[end:].lstrip(_BLANK)
        if rest:
            trailing = shift + len(text[: len(text) - len(rest)].encode("utf-8", "replace"))
    return Document(
        raw=raw,
        value=value,
        error=error,
        error_offset=error_offset,
        bom=bom,
        not_utf8=None if not_utf8 is None else shift + not_utf8,
        trailing=trailing,
        duplicate_keys=tuple(_duplicate_pointers(value, duplicates)) if duplicates else (),
    )


def _first_not_utf8(body: bytes) -> int | None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _check_depth(text: str, limits: Limits) -> None:
    """Count brackets before decoding: the decoder recurses, and memory follows."""
    if text.count("[") + text.count("{") <= limits.json_depth:
        return
    depth = 0
    for match in _TOKENS.finditer(text):
        bracket = match[0]
        if bracket in ("[", "{"):
            depth += 1
            if depth > limits.json_depth:
                raise LimitError(
                    LimitReached(
                        limit="json_depth",
                        value=limits.json_depth,
                        what="a JSON document is nested deeper than this",
                        offset=len(text[: match.start()].encode("utf-8", "replace")),
                    ),
                )
        elif bracket in ("]", "}"):
            depth -= 1


def _decoder(duplicates: list[tuple[dict[str, object], str]]) -> json.JSONDecoder:
    def build(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs) and len(duplicates) < _DUPLICATES_KEPT:
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    duplicates.append((members, key))
                seen.add(key)
        return members

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.JSONDecoder(object_pairs_hook=build, parse_constant=refuse)


def _duplicate_pointers(
    value: object,
    duplicates: list[tuple[dict[str, object], str]],
) -> Iterator[str]:
    keys: dict[int, list[str]] = {}
    for members, key in duplicates:
        keys.setdefault(id(members), []).append(key)
    pending: list[tuple[str, object]] = [("", value)]
    while pending:
        place, node = pending.pop()
        if isinstance(node, dict):
            for key in keys.get(id(node), ()):
                yield place + pointer(key)
            pending.extend((place + pointer(key), child) for key, child in node.items())
        elif isinstance(node, list):
            pending.extend((place + pointer(i), child) for i, child in enumerate(node))
