"""Recognizes a finding in the next build of an archive.

A fingerprint has no digest, offset or position of a layer, which change with every build. What is
left is the rule, the archive, the image, and the member, path or pointer.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable

from checker.checks.finding import Finding
from checker.model.location import Location

# Digests and the ids that older archives name directories by, also shortened to twelve digits.
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{12,128}(?![0-9a-f])")
_SEPARATOR = "\0"


def fingerprint(finding: Finding) -> str:
    """The fingerprint of a finding: 64 hexadecimal digits, the same for every build.

    Several findings can have the same one; ``fingerprints`` numbers them.
    """
    location = finding.location
    parts = (finding.rule, archive_name(location.archive), *_named_parts(location))
    text = _SEPARATOR.join(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """The fingerprints of findings, made unique with a number: ``9c56…:2`` is the second one."""
    seen: Counter[str] = Counter()
    numbered = []
    for finding in findings:
        value = fingerprint(finding)
        seen[value] += 1
        numbered.append(f"{value}:{seen[value]}")
    return numbered


def archive_name(path: str) -> str:
    """The path from the working directory, so that the same archive has one name on all hosts."""
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:  # it was removed
        here = ""
    return os.path.normpath(path).removeprefix(here)


def _named_parts(location: Location) -> Iterable[str]:
    for value in (location.image, location.member, location.path, location.pointer):
        yield "" if value is None else _DIGEST.sub("*", value)
