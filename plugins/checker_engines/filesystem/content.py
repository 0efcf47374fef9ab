"""The content of files as Go's archive/tar returns it."""

from __future__ import annotations

from checker.model.entries import Entries


def content_error(entries: Entries, position: int) -> str | None:
    """The error of reading the content of a sparse file whose map does not fit it.

    Who does not read the content does not see it (reader.go, sparseFileReader).
    """
    spans = entries.sparse.get(position)
    if spans is None:
        return None
    described = sum(span.length for span in spans)
    stored = entries.stored_sizes[position]
    if described > stored:
        return "archive/tar: sparse file references non-existent data"
    return "archive/tar: sparse file contains unreferenced data" if described < stored else None
