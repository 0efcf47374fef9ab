"""What the engines do with the fail cases of the rules, as data.

``docs/measured.json`` has what they did with layers on vfs, ``docs/measured-overlay.json`` what
those with a storage driver did on overlays. A file lists the engines that were tried, with their
versions, the profiles whose engine was not installed, and for each rule and case four words: the
kind of archive, one letter an engine (``a`` accepts, ``b`` exits 0 without a result, ``r`` refuses,
``-`` not tried), the verdicts of the profiles on this storage in the same letters, and a
fingerprint of what the archive is built from. Under ``bases`` it has the same for an archive of
each kind without a fault, since an engine refuses many archives for their kind alone.

What engines did is kept until the case changes; verdicts are predicted again in each run.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from checker.plugins import load_plugins
from checker.verdicts import Storage, VerdictOutcome

_DOCS = Path(__file__).parents[2] / "docs"
RECORDS: Mapping[Storage, Path] = {
    Storage.VFS: _DOCS / "measured.json",
    Storage.OVERLAY: _DOCS / "measured-overlay.json",
}
"""The recorded runs, by how the engines kept layers."""
_LETTERS = {
    VerdictOutcome.ACCEPTS: "a",
    VerdictOutcome.ACCEPTS_BROKEN: "b",
    VerdictOutcome.REJECTS: "r",
}
_REFUSED = _LETTERS[VerdictOutcome.REJECTS]
_NOT_TRIED = "-"
BASES = "bases"
_NOT_BUILT = frozenset({"name", "options", "findings"})
"""Keys of a case that change nothing of its archive."""
_FINGERPRINT = 8

NOT_REFUSED = {
    "ARC010": "unsafe: what was not read was not checked, and may be made to exhaust a reader",
    "ARC024": "lost: an archive that is packed by the same user lacks the file; not tried, since "
    "its cases are directories",
    "CFG002": "requirement: image-spec, config.md: an implementation must generate an error for an "
    "unknown value; containerd 2 stores the image without unpacking it",
    "CFG011": "does not start: runc refuses a working directory that is not absolute",
    "ENG003": "asked for: reports what an engine named with --engine refuses, often for the kind "
    "of archive alone, which is not counted here",
    "OCI013": "requirement: image-layout.md: the name of a blob must be its digest; the content is "
    "lost to engines",
    "RFS001": "does not start: the image contains no program to run",
    "RFS003": "does not start: the kernel does not execute the program",
    "RFS005": "does not start: the kernel does not find the interpreter",
    "RFS007": "does not start: the engine cannot resolve the user or group",
    "RFS008": "does not start: the working directory cannot be entered",
    "RFS012": "does not start: the engine cannot mount over the path",
    "RFS021": "unsafe: all users can become root",
    "RFS027": "does not start: the loader does not find the library",
}
"""By ID of a rule that is an error though no engine refuses its cases: why it is one."""

ONLY_PREDICTED: dict[str, str] = {
    "LYR013": "docker-29-graphdriver refuses names that leave the root since go-archive 0.3; its "
    "verdicts on such names agree with those of Docker 29.7.2 in the recorded results above",
}
"""By ID of a rule that is an error though no engine that was tried refuses its cases: which does,
and how that is known."""


class Word(NamedTuple):
    """What is recorded for one case.

    Attributes:
        base: The kind of archive.
        measured: A letter for each engine, in the order of the record.
        foretold: A letter for each profile without an engine.
        fingerprint: Tells whether the case was changed since (`fingerprint_of`).
    """

    base: str
    measured: str
    foretold: str
    fingerprint: str

    def __str__(self) -> str:
        """The word as it is in the file."""
        return " ".join(self)


class RuleScore(NamedTuple):
    """What was measured for a rule.

    Attributes:
        cases: The number of its fail cases that were tried.
        refused: For each record, by the title of the engine, the number of cases that it refused,
            though it does not refuse such an archive without the fault.
        refused_by_any: The number of cases that at least one of the engines refused so.
        predicted: The number of further cases that a profile without an engine refuses.
    """

    cases: int
    refused: tuple[Mapping[str, int], ...]
    refused_by_any: int
    predicted: int


class Record(NamedTuple):
    """A recorded run over the fail cases of the rules.

    Attributes:
        engines: The engines that were tried: title -> version.
        profiles: The titles of profiles whose engine was not tried.
        cases: By ``BUNDLE/RULE``, what is recorded for each case.
    """

    engines: Mapping[str, str]
    profiles: Sequence[str]
    cases: Mapping[str, Mapping[str, Word]]

    def refusing(self, rule: str) -> dict[str, frozenset[str]]:
        """The engines and profiles that refuse the cases of a rule, named ``BUNDLE/RULE``.

        Not those that refuse such an archive without the fault.
        """
        titles = (*self.engines, *self.profiles)
        cases = self.cases.get(rule, {})
        return {name: frozenset(self._refusing(titles, word)) for name, word in cases.items()}

    def _refusing(self, titles: Sequence[str], word: Word) -> Iterator[str]:
        """The engines and profiles that refuse an archive, but not one of its kind."""
        base = self.cases.get(BASES, {}).get(word.base)
        sound = "" if base is None else base.measured + base.foretold
        for number, letter in enumerate(word.measured + word.foretold):
            if letter == _REFUSED and sound[number : number + 1] != _REFUSED:
                yield titles[number]


@dataclass(slots=True)
class Recording:
    """A record while a run continues it.

    Attributes:
        engines: The engines that were or are tried: title -> version.
        words: What is recorded, by the key of the case.
    """

    engines: dict[str, str]
    words: dict[str, Word]

    def begin(self, versions: Mapping[str, str]) -> None:
        """Add the engines of a run; what another version of one of them did is dropped."""
        kept = {
            title: said for title, said in self.engines.items() if versions.get(title, said) == said
        }
        self.words = {key: self._with_letters(word, kept) for key, word in self.words.items()}
        self.engines = kept | dict(versions)

    def untried(self, key: str, table: Mapping[str, Any], titles: Iterable[str]) -> set[str]:
        """Those of some engines that were not tried on a case as it is now."""
        tried = self._letters_of(key, table)
        return {title for title in titles if tried.get(title, _NOT_TRIED) == _NOT_TRIED}

    def add(
        self, key: str, table: Mapping[str, Any], measured: Mapping[str, str], foretold: str
    ) -> None:
        """Add what engines did with a case, to what others did before.

        Args:
            key: The key of the case.
            table: The case.
            measured: A letter for each engine that was tried now, by its title.
            foretold: A letter for each profile without an engine.
        """
        tried = {**self._letters_of(key, table), **measured}
        row = "".join(tried.get(title, _NOT_TRIED) for title in self.engines)
        self.words[key] = Word(str(table["base"]), row, foretold, fingerprint_of(table))

    def record(self, profiles: Sequence[str]) -> Record:
        """The record so far.

        Args:
            profiles: The titles of the profiles whose engine was not tried.
        """
        cases: dict[str, dict[str, Word]] = {}
        for key, word in self.words.items():
            rule, name = key.split(":", 1)
            cases.setdefault(rule, {})[name] = self._with_letters(word, self.engines)
        return Record(self.engines, profiles, cases)

    def _letters_of(self, key: str, table: Mapping[str, Any]) -> dict[str, str]:
        word = self.words.get(key)
        if word is None or word.fingerprint != fingerprint_of(table):
            return {}
        return dict(zip(self.engines, word.measured, strict=False))

    def _with_letters(self, word: Word, titles: Iterable[str]) -> Word:
        tried = dict(zip(self.engines, word.measured, strict=False))
        return word._replace(measured="".join(tried.get(each, _NOT_TRIED) for each in titles))


def letters(outcomes: Iterable[VerdictOutcome]) -> str:
    """Outcomes, one letter each."""
    return "".join(_LETTERS[outcome] for outcome in outcomes)


def read_record(path: Path) -> Record:
    """Read a record."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    cases = {
        rule: {name: Word(*word.split()) for name, word in words.items()}
        for rule, words in document["cases"].items()
    }
    return Record(document["engines"], document["profiles"], cases)


def fingerprint_of(table: Mapping[str, Any]) -> str:
    """Digits that differ if a case is built from something else.

    Not of the archive: what a compressor writes depends on its version.
    """
    built = {key: value for key, value in table.items() if key not in _NOT_BUILT}
    text = json.dumps(built, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_FINGERPRINT]


def recorded_words(path: Path) -> dict[str, Word]:
    """The words of a record by the key of the case; empty if the file does not exist."""
    return continued(path, None).words


def continued(path: Path, exist: frozenset[str] | None) -> Recording:
    """A record to continue, which has nothing if the file does not exist.

    Args:
        path: The file.
        exist: The keys of the cases that still exist; None for all.
    """
    record = read_record(path) if path.exists() else Record({}, (), {})
    words = {
        f"{rule}:{name}": word
        for rule, words in record.cases.items()
        for name, word in words.items()
        if exist is None or rule == BASES or f"{rule}:{name}" in exist
    }
    return Recording(dict(record.engines), words)


def key_of(identity: str) -> str:
    """The key of a case in `recorded_words`, given the identity of the case."""
    rule, _, name = identity.split(":", 2)
    return f"{rule}:{name}"


def write_record(record: Record, path: Path) -> None:
    """Write a record, sorted by rule and case."""
    cases = {
        rule: {name: str(word) for name, word in sorted(record.cases[rule].items())}
        for rule in sorted(record.cases)
    }
    document = {"engines": record.engines, "profiles": list(record.profiles), "cases": cases}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def score_of(records: Sequence[Record], rule: str) -> RuleScore | None:
    """What was measured for a rule, named ``BUNDLE/RULE``; None if nothing was.

    Args:
        records: The records, one for each way to keep layers.
        rule: The rule.
    """
    found = [record.refusing(rule) for record in records]
    names = {name for cases in found for name in cases}
    if not names:
        return None
    refused = tuple(Counter(title for each in cases.values() for title in each) for cases in found)
    pairs = [(record.engines, cases) for record, cases in zip(records, found, strict=True)]
    by_any = {name for engines, cases in pairs for name in cases if cases[name] & engines.keys()}
    by_some = {name for cases in found for name, titles in cases.items() if titles}
    return RuleScore(len(names), refused, len(by_any), len(by_some - by_any))


def without_refusal(
    records: Sequence[Record], errors: Mapping[str, str], *, measured: bool
) -> Iterator[str]:
    """The IDs of rules of which no engine refuses a case.

    Args:
        records: The runs.
        errors: The rules that are errors: ``BUNDLE/RULE`` by ID.
        measured: Whether only engines count that were tried, not profiles without an engine.
    """
    for identity, rule in sorted(errors.items()):
        score = score_of(records, rule)
        predicted = 0 if score is None or measured else score.predicted
        if score is None or not score.refused_by_any + predicted:
            yield identity


def rules_table(
    records: Sequence[Record], rules: Iterable[tuple[str, str, str, str]]
) -> Iterator[str]:
    """Lines of tables of rules against engines, and against tools that are asked on request.

    Args:
        records: The runs, with layers on vfs and on overlays.
        rules: For each rule ``BUNDLE/RULE``, its ID, its severity and a link to it.
    """
    rules = sorted(rules, key=lambda rule: rule[1])
    titles = tuple(dict.fromkeys(title for record in records for title in record.engines))
    engines = tuple(title for title in titles if title not in _tools())
    yield f"| rule | severity | cases | {' | '.join(engines)} | any | other profiles |\n"
    yield f"|---|---|{'---|' * (len(engines) + 3)}\n"
    for name, _, severity, link in rules:
        score = score_of(records, name)
        if score is None:
            yield f"| {link} | {severity} | - |{' |' * (len(engines) + 2)}\n"
            continue
        counts = [_count(records, score, title) for title in engines]
        ends = (str(count or "") for count in (score.refused_by_any, score.predicted))
        yield f"| {link} | {severity} | {score.cases} | {' | '.join((*counts, *ends))} |\n"
    yield from _tools_table(records, rules, tuple(title for title in titles if title in _tools()))
    links = {identity: link for _, identity, _, link in rules}
    yield "\nErrors of which no engine refuses a case, and why they are errors:\n\n"
    yield from (f"- {links[each]}: {why}\n" for each, why in NOT_REFUSED.items())
    yield "\nErrors of which no engine that was tried refuses a case, but a profile does:\n\n"
    yield from (f"- {links[each]}: {why}\n" for each, why in ONLY_PREDICTED.items())


def _tools_table(
    records: Sequence[Record], rules: Iterable[tuple[str, str, str, str]], tools: tuple[str, ...]
) -> Iterator[str]:
    """The table of tools: rules of which one of them refuses a case."""
    if not tools:
        return
    yield f"\n| rule | severity | cases | {' | '.join(tools)} |\n"
    yield f"|---|---|{'---|' * (len(tools) + 1)}\n"
    for name, _, severity, link in rules:
        score = score_of(records, name)
        counts = [] if score is None else [_count(records, score, title) for title in tools]
        if score is not None and any(counts):
            yield f"| {link} | {severity} | {score.cases} | {' | '.join(counts)} |\n"


def _count(records: Sequence[Record], score: RuleScore, title: str) -> str:
    """The number of cases that an engine refused; two, if it is another on each storage."""
    pairs = zip(records, score.refused, strict=True)
    counts = dict.fromkeys(refused[title] for record, refused in pairs if title in record.engines)
    return " / ".join(map(str, counts)) if any(counts) else ""


def _tools() -> frozenset[str]:
    readers = load_plugins().readers().engines
    return frozenset(f"{judge.name} {judge.action}" for judge in readers)
