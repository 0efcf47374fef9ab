"""Which reader made the facts: those of another one are not taken."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator

from checker._version import __version__
from checker.cache.encoding import FORMAT
from checker.model.content import ContentPlan
from checker.reading.layer_cache import Question

_PACKAGES = ("reading", "model", "cache", "compiled")
_CODE = (".py", ".so")


def reader_version() -> bytes:
    """A digest of the code that reads layers, so that a change of it needs no new version."""
    found = hashlib.sha256(f"{__version__} {FORMAT} {sys.version_info[:2]}".encode())
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for package in _PACKAGES:
        for path in _code(os.path.join(top, package)):
            with open(path, "rb") as file:
                found.update(hashlib.sha256(file.read()).digest())
    return found.digest()


def _code(directory: str) -> Iterator[str]:
    """The modules below a directory, in order; none in a zip file, which has a version."""
    if not os.path.isdir(directory):
        return
    for path, directories, files in os.walk(directory):
        directories.sort()
        yield from (os.path.join(path, name) for name in sorted(files) if name.endswith(_CODE))


def question_digest(question: Question) -> bytes:
    """A digest of what is asked."""
    plan = question.plan
    text = repr((_plain(plan), tuple(question.limits), question.is_sought))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _plain(plan: ContentPlan) -> tuple[object, ...]:
    endings = sorted((end, sorted(group.items())) for end, group in plan.endings.items())
    paths = sorted(plan.paths.items())
    below = sorted(plan.below.items())
    hashed = sorted((last, sorted(ends)) for last, ends in plan.hashed.items())
    wanted = (plan.libraries, plan.digests, plan.secrets)
    return (paths, plan.executables, endings, wanted, below, hashed)
