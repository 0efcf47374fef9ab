"""Hints about paths at which there is nothing: what people write in place of the path of a file."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from itertools import islice

from checker.model.shell import quote_word

_ENGINE = re.compile(r"(?:docker://|docker-daemon:|containers-storage:).+", re.DOTALL)
_WEB = re.compile(r"https?://.+", re.DOTALL)
_STORE = re.compile(r"(?:s3|gs|az|abfs)://.+", re.DOTALL)
_TRANSPORT = re.compile(
    r"(?P<transport>(?:docker-archive|oci-archive|oci|dir|file):(?://)?)(?P<path>.+)", re.DOTALL
)
_PATTERN = re.compile(r"[*?\[]")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._-]*(?:[:/][a-z0-9._-]+)*:[\w][\w.-]*", re.ASCII)
_ARCHIVE_ENDINGS = (".tar", ".tgz", ".gz", ".xz", ".bz2", ".zst", ".oci")
_MOST_NAMES = 10_000
_LIKENESS = 0.85


def hint_about(path: str) -> str:
    """What may be meant by a path at which there is nothing, to be appended; empty if unknown.

    Args:
        path: The path, as the user wrote it.
    """
    hints = (hint(path) for hint in _HINTS)
    found = next((hint for hint in hints if hint is not None), None)
    return "" if found is None else f"; {found}"


def _address(path: str) -> str | None:
    if _ENGINE.fullmatch(path):
        return (
            "only files are read, save it first: skopeo copy "
            f"{quote_word(path)} docker-archive:image.tar"
        )
    if _WEB.fullmatch(path):
        return f"only files are read: curl -fL {quote_word(path)} | checker check -"
    return "checker sweep reads archives of stores" if _STORE.fullmatch(path) else None


def _transport(path: str) -> str | None:
    match = _TRANSPORT.fullmatch(path)
    if match is None:
        return None
    # A name or a number of an image may follow.
    candidates = (match["path"], match["path"].partition(":")[0])
    found = next((each for each in candidates if os.path.exists(each)), None)
    if found is None:
        return f"a path is written without {match['transport']}"
    return f"did you mean {quote_word(found)}?"


def _unexpanded(path: str) -> str | None:
    if path.startswith("~"):
        return "the shell did not replace ~, write $HOME"
    return "no file matches the pattern" if _PATTERN.search(path) else None


def _similar(path: str) -> str | None:
    directory, name = os.path.split(path)
    try:
        with os.scandir(directory or ".") as entries:
            names = [entry.name for entry in islice(entries, _MOST_NAMES)]
    except OSError:
        return None
    same = (each for each in names if _stem(each) == _stem(name))
    close = difflib.get_close_matches(name, names, n=1, cutoff=_LIKENESS)
    found = next(same, None) or next(iter(close), None)
    return None if found is None else f"did you mean {quote_word(os.path.join(directory, found))}?"


def _stem(name: str) -> str:
    """A name without the endings of archives."""
    root, ending = os.path.splitext(name)
    return _stem(root) if ending.lower() in _ARCHIVE_ENDINGS else name


def _image(path: str) -> str | None:
    if not _IMAGE.fullmatch(path) or path.endswith(_ARCHIVE_ENDINGS):
        return None
    return f"an image of an engine is saved first: docker save {path} | checker check -"


_HINTS: tuple[Callable[[str], str | None], ...] = (
    _address,
    _transport,
    _unexpanded,
    _similar,
    _image,
)
