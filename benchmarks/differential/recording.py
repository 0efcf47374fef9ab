"""What the engines do with the fail cases of the rules, as data: ``docs/measured.json``.

The file lists the engines that were tried, with their versions, the profiles whose engine was not
installed, and for each rule and case four words: the kind of archive, one letter an engine (``a``
accepts, ``b`` exits 0 without a result, ``r`` refuses), the verdicts of the profiles in the same
letters, and a fingerprint of what the archive is built from. Under ``bases`` it has the same for an
archive of each kind without a fault, since an engine refuses many archives for their kind alone.

What engines did is kept until the case changes; verdicts are predicted again in each run.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from checker.verdicts import VerdictOutcome

RECORD = Path(__file__).parents[2] / "docs" / "measured.json"
_LETTERS = {
    VerdictOutcome.ACCEPTS: "a",
    VerdictOutcome.ACCEPTS_BROKEN: "b",
    VerdictOutcome.REJECTS: "r",
}
_REFUSED = _LETTERS[VerdictOutcome.REJECTS]
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


class Word(NamedTuple):
    """What is recorded for one case.

    Attributes:
        base: The kind of archive.
        measured: A letter for each engine.
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
        refused: By the title of the engine, the number of cases that it refused, though it does not
            refuse such an archive without the fault.
        refused_by_any: The number of cases that at least one of the engines refused so.
        predicted: The number of further cases that a profile without an engine refuses.
    """

    cases: int
    refused: Mapping[str, int]
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

    def score(self, rule: str) -> RuleScore | None:
        """What was measured for a rule, named ``BUNDLE/RULE``; None if nothing was."""
        cases = self.cases.get(rule)
        if not cases:
            return None
        titles = (*self.engines, *self.profiles)
        refusing = [set(self._refusing(titles, word)) for word in cases.values()]
        refused = Counter(title for each in refusing for title in each)
        by_any = sum(not each.isdisjoint(self.engines) for each in refusing)
        return RuleScore(len(cases), refused, by_any, sum(map(bool, refusing)) - by_any)

    def _refusing(self, titles: Sequence[str], word: Word) -> Iterator[str]:
        """The engines and profiles that refuse an archive, but not one of its kind."""
        base = self.cases.get(BASES, {}).get(word.base)
        sound = "" if base is None else base.measured + base.foretold
        for number, letter in enumerate(word.measured + word.foretold):
            if letter == _REFUSED and sound[number : number + 1] != _REFUSED:
                yield titles[number]


def letters(outcomes: Iterable[VerdictOutcome]) -> str:
    """Outcomes, one letter each."""
    return "".join(_LETTERS[outcome] for outcome in outcomes)


def read_record(path: Path = RECORD) -> Record:
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
    cases = read_record(path).cases if path.exists() else {}
    return {f"{rule}:{name}": word for rule, words in cases.items() for name, word in words.items()}


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


def without_refusal(record: Record, errors: Mapping[str, str]) -> Iterator[str]:
    """The IDs of rules of which no engine refuses a case, nor a profile without an engine.

    Args:
        record: The run.
        errors: The rules that are errors: ``BUNDLE/RULE`` by ID.
    """
    for identity, rule in sorted(errors.items()):
        score = record.score(rule)
        if score is None or not score.refused_by_any + score.predicted:
            yield identity


def rules_table(record: Record, rules: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    """Lines of a table of rules against engines.

    Args:
        record: The run.
        rules: For each rule ``BUNDLE/RULE``, its ID, its severity and a link to it.
    """
    rules = sorted(rules, key=lambda rule: rule[1])
    titles = tuple(record.engines)
    yield f"| rule | severity | cases | {' | '.join(titles)} | any | other profiles |\n"
    yield f"|---|---|{'---|' * (len(titles) + 3)}\n"
    for name, _, severity, link in rules:
        score = record.score(name)
        if score is None:
            yield f"| {link} | {severity} | - |{' |' * (len(titles) + 2)}\n"
            continue
        counts = [*(score.refused[title] for title in titles), score.refused_by_any]
        shown = (str(count or "") for count in (*counts, score.predicted))
        yield f"| {link} | {severity} | {score.cases} | {' | '.join(shown)} |\n"
    yield "\nErrors of which no engine refuses a case, and why they are errors:\n\n"
    links = {identity: link for _, identity, _, link in rules}
    yield from (f"- {links[each]}: {why}\n" for each, why in NOT_REFUSED.items())
