"""Recognizes a finding in the next build of an archive.

A fingerprint has no digest, offset, version or position of a layer, which change with the builds.
What is left is the rule, the names of archive and image, and the member, path or pointer.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable

from checker.checks.finding import Finding
from checker.patterns import pattern

# Digests and the ids that older archives name directories by, also shortened to twelve digits.
_DIGEST = pattern(r"(?:\b[a-z0-9]+:)?(?<![0-9a-f])[0-9a-f]{12,128}(?![0-9a-f])")
_SUFFIX = pattern(r"(?:\.(?:tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zstd?|oci|docker))+$", re.IGNORECASE)
# What builds put at the end of a name: -1.2.3, -v1.2.3-rc.1, -20240131, -1a2b3c4.
_BUILD = pattern(r"[-_]v?\d+(?:\.\d+)+(?:[-+._][\w.+-]*)?$|[-_](?=[0-9a-f]*\d)[0-9a-f]{7,40}$")
_SEPARATOR = "\0"


def fingerprint(finding: Finding) -> str:
    """The fingerprint of a finding: 64 hexadecimal digits, the same for every build.

    Several findings can have the same one; ``fingerprints`` numbers them.
    """
    location = finding.location
    image = None if location.image is None else repository(location.image)
    places = (image, location.member, location.path, location.pointer)
    parts = (finding.rule, _logical_name(location.archive), *map(_without_digests, places))
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


def _logical_name(path: str) -> str:
    """The name of an archive without suffixes, version and commit.

    ``dist/app-1.2.3.tar.gz`` is ``dist/app``.
    """
    name = archive_name(path)
    stem = without_suffixes(name)
    return _BUILD.sub("", stem) or stem


def without_suffixes(name: str) -> str:
    """The name of a file without the suffixes of archives, such as ``.tar.gz``."""
    return _SUFFIX.sub("", name) or name


def repository(image: str) -> str:
    """The name of an image without tag and digest."""
    path, slash, last = image.partition("@")[0].rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"


def _without_digests(text: str | None) -> str:
    return "" if text is None else _DIGEST.sub("*", text)
