"""The distribution of a root filesystem, as its ``os-release`` states it.

Source: freedesktop.org, os-release(5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from checker.importing.reads import OS_RELEASE_PATHS
from checker.model.rootfs import Rootfs

_ASSIGNMENT = re.compile(r"\s*([A-Z][A-Z0-9_]*)=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|\S*)\s*")
_ESCAPED = re.compile(r"\\(.)")
_LONGEST = 256


def read_os_release(rootfs: Rootfs) -> Mapping[str, str]:
    """The values of ``os-release`` by name, those that are printable; none without the file."""
    for path in OS_RELEASE_PATHS:
        found = rootfs.resolve(path)
        content = None if found is None else rootfs.content(found)
        if content:
            return dict(_values(content.decode("utf-8", "replace")))
    return {}


def _values(text: str) -> list[tuple[str, str]]:
    matches = (_ASSIGNMENT.fullmatch(line) for line in text.splitlines())
    found = [(match[1], _unquoted(match[2])) for match in matches if match is not None]
    return [(name, value) for name, value in found if value.isprintable() and len(value) < _LONGEST]


def _unquoted(text: str) -> str:
    if text[:1] == "'":
        return text[1:-1]
    if text[:1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text
