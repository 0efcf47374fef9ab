"""The baseline: findings that are known, so that only new ones fail a run.

A finding is recognized by what stays the same when an archive is built again: its rule, the
archive, the image without tag and digest, and the path or the place in a document. Digests,
offsets, counts and the text of the message are not part of it.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping

from checker.checks.finding import Finding, Outcome
from checker.checks.fingerprints import repository, without_suffixes
from checker.errors import SettingsError
from checker.isolation import described
from checker.model.location import Location
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.results import AppliedBaseline, BaselineEntry, CheckedArchive

VERSION = 1
_MOST_BYTES = 64 << 20
_DIGEST = pattern(r"(?:\b[a-z0-9]+:)?(?<![0-9a-f])[0-9a-f]{32,128}(?![0-9a-f])")
_VERSION = pattern(r"[-_]v?[0-9]+(?:\.[0-9]+)+(?:[-+._][\w.+-]*)?$")
_COMMIT = pattern(r"[-_](?=[0-9a-f]*[0-9])[0-9a-f]{7,40}$")
_PRESENT = frozenset({Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED})


class Baseline(NamedTuple):
    """A baseline that was read.

    Attributes:
        file: Its path.
        entries: The findings in it.
    """

    file: str
    entries: frozenset[BaselineEntry]

    def with_ids(self, current: Callable[[str], str]) -> Baseline:
        """The baseline with the present ids of rules in the place of former ones."""
        entries = (entry._replace(rule=current(entry.rule)) for entry in self.entries)
        return self._replace(entries=frozenset(entries))

    def marked(self, findings: Iterable[Finding], archive: str) -> tuple[Finding, ...]:
        """Findings of one archive, with those marked that are in the baseline."""
        return tuple(
            finding._replace(in_baseline=entry_of(finding, archive) in self.entries)
            for finding in findings
        )

    def applied(
        self, archives: Iterable[CheckedArchive], name: Callable[[str], str]
    ) -> AppliedBaseline:
        """What the baseline changed.

        Args:
            archives: The archives that were checked with it.
            name: Gives the name of an archive in the baseline.
        """
        found: set[BaselineEntry] = set()
        asked: set[tuple[str, str]] = set()
        known = 0
        for checked in archives:
            archive = name(checked.path)
            found.update(entry_of(finding, archive) for finding in checked.findings)
            known += sum(finding.in_baseline for finding in checked.findings)
            if checked.error is None:
                asked.update(
                    (archive, result.rule)
                    for result in checked.results
                    if result.outcome in _PRESENT
                )
        gone = (entry for entry in self.entries - found if (entry.archive, entry.rule) in asked)
        return AppliedBaseline(self.file, known, tuple(sorted(gone)))


def entry_of(finding: Finding, archive: str) -> BaselineEntry:
    """What a finding is recognized by.

    Args:
        finding: The finding.
        archive: Name of the archive in the baseline.
    """
    location = finding.location
    image = "" if location.image is None else _image_name(location.image)
    return BaselineEntry(
        rule=finding.rule,
        archive=archive,
        image=_text(image),
        place=_text(_place(location)),
    )


def _place(location: Location) -> str:
    if location.path is not None:
        return location.path
    member, pointer = location.member or "", location.pointer
    return member if pointer is None else f"{member}#{pointer}"


def _image_name(image: str) -> str:
    """The name of an image without tag and digest; empty if it has none."""
    name = image.partition("@")[0]
    if _DIGEST.fullmatch(name):
        return ""
    return repository(name)


def _text(text: str) -> str:
    """A text without digests, in characters that every file can contain."""
    return _DIGEST.sub("*", text).encode("utf-8", "backslashreplace").decode()


def archive_name(path: str) -> str:
    """What an archive is called, however and wherever it is built.

    The path below the working directory, or else the file name, without the suffixes of archives,
    and without a version or commit at the end: ``dist/app-1.2.3.tar.gz`` is ``dist/app``.

    Args:
        path: The path of the archive.
    """
    inside = os.path.relpath(path) if path != "-" else path
    shown = os.path.basename(inside) if inside.startswith(os.pardir) else inside
    name = without_suffixes(shown)
    for ending in (_COMMIT, _VERSION):
        name = ending.sub("", name) or name
    return _text(name)


def document(entries: Iterable[BaselineEntry]) -> dict[str, object]:
    """The content of a baseline file."""
    return {"version": VERSION, "findings": [entry._asdict() for entry in sorted(set(entries))]}


def read_baseline(path: str) -> Baseline:
    """Read a baseline.

    Raises:
        SettingsError: It cannot be read, or is not a baseline.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe may never have content
            raise SettingsError(f"{path}: is not a file")
        with open(path, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise SettingsError(f"{path}: has more than {_MOST_BYTES} bytes")
        value = json.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: nested too deeply") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: not valid UTF-8") from error
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
    except ValueError as error:  # a number that Python does not convert
        raise SettingsError(f"{path}: a number has too many digits") from error
    return Baseline(path, frozenset(_entries(path, value)))


def _entries(path: str, value: object) -> Iterable[BaselineEntry]:
    if not isinstance(value, Mapping) or not isinstance(value.get("findings"), list):
        raise SettingsError(f"{path}: is not a baseline; 'checker baseline write' writes one")
    if value.get("version") != VERSION:
        raise SettingsError(
            f"{path}: version {described(value.get('version'))} is not supported (expected "
            f"{VERSION})"
        )
    for number, item in enumerate(value["findings"]):
        yield _entry(f"{path}: findings[{number}]", item)


def _entry(place: str, item: object) -> BaselineEntry:
    if not isinstance(item, Mapping):
        raise SettingsError(f"{place}: must be an object, found {described(item)}")
    values = {key: item.get(key, "") for key in BaselineEntry._fields}
    for key, value in values.items():
        if not isinstance(value, str):
            raise SettingsError(f"{place}: {key}: must be a string, found {described(value)}")
    if not values["rule"] or not values["archive"]:
        raise SettingsError(f"{place}: must have a rule and an archive")
    return BaselineEntry(**values)
