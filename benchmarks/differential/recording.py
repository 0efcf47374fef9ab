"""What the engines do with the fail cases of the rules, as data: ``docs/measured.json``.

The file lists the engines that were tried, with their versions, the profiles whose engine was not
installed, and for each rule and case three words: the kind of archive, one letter an engine (``a``
accepts, ``b`` exits 0 without a result, ``r`` refuses), and the verdicts of the profiles in the
same letters. Under ``bases`` it has the same for an archive of each kind without a fault, since an
engine refuses many archives for their kind alone.
"""

from __future__ import annotations

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
        cases: By ``BUNDLE/RULE``, for each case the letters of engines and of profiles.
    """

    engines: Mapping[str, str]
    profiles: Sequence[str]
    cases: Mapping[str, Mapping[str, str]]

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

    def _refusing(self, titles: Sequence[str], word: str) -> Iterator[str]:
        """The engines and profiles that refuse an archive, but not one of its kind."""
        base, measured, foretold = word.split()
        sound = "".join(self.cases.get(BASES, {}).get(base, "").split()[1:])
        for number, letter in enumerate(measured + foretold):
            if letter == _REFUSED and sound[number : number + 1] != _REFUSED:
                yield titles[number]


def letters(outcomes: Iterable[VerdictOutcome]) -> str:
    """Outcomes, one letter each."""
    return "".join(_LETTERS[outcome] for outcome in outcomes)


def read_record(path: Path = RECORD) -> Record:
    """Read a record."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return Record(document["engines"], document["profiles"], document["cases"])


def recorded_words(path: Path) -> dict[str, str]:
    """The words of a record by the key of the case; none if there is no file."""
    cases = read_record(path).cases if path.exists() else {}
    return {f"{rule}:{name}": word for rule, words in cases.items() for name, word in words.items()}


def key_of(identity: str) -> str:
    """The key of a case in `recorded_words`, given the identity of the case."""
    rule, _, name = identity.split(":", 2)
    return f"{rule}:{name}"


def write_record(record: Record, path: Path) -> None:
    """Write a record, sorted by rule and case."""
    cases = {rule: dict(sorted(record.cases[rule].items())) for rule in sorted(record.cases)}
    document = {"engines": record.engines, "profiles": list(record.profiles), "cases": cases}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def rules_table(record: Record, rules: Iterable[tuple[str, str, str, str]]) -> Iterator[str]:
    """Lines of a table of rules against engines.

    Args:
        record: The run.
        rules: For each rule ``BUNDLE/RULE``, its ID, its severity and a link to it.
    """
    titles = tuple(record.engines)
    yield f"| rule | severity | cases | {' | '.join(titles)} | any | other profiles |\n"
    yield f"|---|---|{'---|' * (len(titles) + 3)}\n"
    for name, _, severity, link in sorted(rules, key=lambda rule: rule[1]):
        score = record.score(name)
        if score is None:
            yield f"| {link} | {severity} | - |{' |' * (len(titles) + 2)}\n"
            continue
        counts = [*(score.refused[title] for title in titles), score.refused_by_any]
        shown = (str(count or "") for count in (*counts, score.predicted))
        yield f"| {link} | {severity} | {score.cases} | {' | '.join(shown)} |\n"
