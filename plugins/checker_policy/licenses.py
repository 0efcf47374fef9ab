"""Licences of the files in /licenses, where images for OpenShift and others keep them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from checker import ContentRequest, Rootfs
from checker.records import NamedTuple
from checker_policy.looked_up import Found, content_of
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value, listed

_DIRECTORY = "licenses"
_READ = 64 * 1024
_LOOKED_AT = 4096
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n*]{1,200})")
_WORD = re.compile(r"[A-Za-z0-9.+-]+")
_SUFFIXES = (".txt", ".md", ".html", ".license", ".licence")
# What licences begin with (SPDX License List 3.27), in small letters, with single spaces and
# without commas.
_TITLES = (
    (r"gnu affero general public license version 3", "AGPL-3.0"),
    (r"gnu lesser general public license version 3", "LGPL-3.0"),
    (r"gnu lesser general public license version 2\.1", "LGPL-2.1"),
    (r"gnu library general public license version 2", "LGPL-2.0"),
    (r"gnu general public license version 3", "GPL-3.0"),
    (r"gnu general public license version 2", "GPL-2.0"),
    (r"apache license version 2\.0", "Apache-2.0"),
    (r"mozilla public license version 2\.0", "MPL-2.0"),
    (r"eclipse public license - v 2\.0", "EPL-2.0"),
    (r"creative commons legal code cc0 1\.0 universal", "CC0-1.0"),
    (r"boost software license - version 1\.0", "BSL-1.0"),
    (r"isc license", "ISC"),
    (r"this is free and unencumbered software released into the public domain", "Unlicense"),
    (r"do what the f... you want to public license", "WTFPL"),
    (r"permission is hereby granted free of charge to any person obtaining a copy", "MIT"),
    (r"neither the name of .{0,200}nor the names of its contributors", "BSD-3-Clause"),
    (r"redistributions of source code must retain the above copyright", "BSD-2-Clause"),
)
_RECOGNIZED = tuple((re.compile(title), name) for title, name in _TITLES)


class Licenses(NamedTuple):
    """The licences that files in ``/licenses`` may have, as patterns of SPDX identifiers."""

    allowed: tuple[str, ...]

    @property
    def reads(self) -> tuple[ContentRequest, ...]:
        """The content that it needs."""
        return (ContentRequest(below=frozenset({_DIRECTORY}), limit=_READ),)

    def of_root(self, rootfs: Rootfs) -> Iterator[Problem]:
        """Look at all files in the directory."""
        is_empty = True
        for placed in rootfs.below(_DIRECTORY):
            entry = placed.entry
            if entry.is_directory or entry.is_symlink:
                continue
            is_empty = False
            content = content_of(rootfs, Found(placed.path, placed))
            found = None if content is None else license_of(placed.path, content.text)
            if found is None:
                words = f"the licence in /{placed.path} is not recognized"
                yield Problem(words, {"path": placed.path}, placed.layer)
            elif not self._allows(found):
                words = f"/{placed.path} has the licence {found}"
                allowed = f"allowed are {listed(self.allowed)}"
                yield Problem(f"{words}, {allowed}", {"path": placed.path}, placed.layer)
        if is_empty:
            yield Problem(f"/{_DIRECTORY} has no files", {"path": _DIRECTORY})

    def _allows(self, expression: str) -> bool:
        """Whether an SPDX expression is allowed: one of those that OR offers, all of the others."""
        if " OR " in expression and " AND " not in expression:
            return any(map(self._allows_one, _names(expression)))
        return all(map(self._allows_one, _names(expression)))

    def _allows_one(self, name: str) -> bool:
        plain = name.removesuffix("-only").removesuffix("-or-later").removesuffix("+")
        return any(fnmatchcase(form, each) for form in (name, plain) for each in self.allowed)


def license_of(path: str, text: str) -> str | None:
    """The licence of a file: by its tag, by its name, or by how it begins; None if not recognized.

    Args:
        path: The path, whose last part can be an SPDX identifier.
        text: The first bytes.
    """
    tag = _TAG.search(text)
    if tag is not None:
        return " ".join(tag[1].split())
    beginning = " ".join(text[:_LOOKED_AT].lower().replace(",", "").split())
    by_title = next((name for title, name in _RECOGNIZED if title.search(beginning)), None)
    return by_title or _by_name(path)


def _by_name(path: str) -> str | None:
    base = path.rpartition("/")[2]
    stem = next((base[: -len(end)] for end in _SUFFIXES if base.lower().endswith(end)), base)
    known = {name.lower(): name for _, name in _TITLES}
    return known.get(stem.lower())


def _names(expression: str) -> Iterator[str]:
    """The licences of an SPDX expression; exceptions after WITH belong to the one before."""
    words = _WORD.findall(expression)
    for number, word in enumerate(words):
        is_exception = number > 0 and words[number - 1] == "WITH"
        if word not in ("AND", "OR", "WITH") and not is_exception:
            yield word


def _licenses(value: Value) -> Licenses:
    return Licenses(value.texts())


KEYS: Keys = {"licenses": _licenses}
