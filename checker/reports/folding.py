"""Groups findings that differ only in the place, to keep reports for people short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.checks.finding import Finding, Severity
from checker.model.location import Location
from checker.patterns import pattern

# Places in messages beyond the location: offsets, layers, digests and paths. Media types look like
# paths, but two of them are two different statements.
_PLACE = pattern(
    r"\bbytes? [\d,]+|\blayer \d+|\b[0-9a-f]{12,}\b"
    r"|(?<![^\s'\"(])(?!(?:application|text)/)[^\s'\",;:()]*/[^\s'\",;:()]*"
)
_SOMEWHERE = "\0"
# Shorter ones would be found inside of other words.
_SHORTEST = 2
_LONG_TEXT = 4000
_MOST_RELATED = 20


def by_rule(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each rule and severity together, by severity, otherwise in their order."""
    groups: dict[tuple[Severity, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.rule, finding.name), []).append(finding)
    return [groups[key] for key in sorted(groups, key=lambda key: key[0].rank)]


def fold(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of one rule and severity, grouped if their messages differ only in the place."""
    folds: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        places = _places(finding)
        words = (
            _without(finding.message, places),
            _without(finding.fix.text if finding.fix else "", places),
        )
        folds.setdefault(words, []).append(finding)
    return list(folds.values())


def _places(finding: Finding) -> list[str]:
    """The texts in a finding that denote places, longest first."""
    locations = (finding.location, *finding.related[:_MOST_RELATED])
    texts = {text for location in locations for text in _texts(location)}
    return sorted((text for text in texts if len(text) >= _SHORTEST), key=len, reverse=True)


def _texts(location: Location) -> Iterator[str]:
    named = (location.member, location.digest, location.image, location.path, location.pointer)
    yield from filter(None, named)
    if location.offset is not None:
        yield str(location.offset)
        yield f"{location.offset:,}"


def _without(text: str, places: Iterable[str]) -> str:
    words = text[:_LONG_TEXT]
    for place in places:
        words = words.replace(place, _SOMEWHERE)
    return _PLACE.sub(_SOMEWHERE, words)
