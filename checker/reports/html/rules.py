"""The documentation of the rules that found something."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import dedent

from checker.records import NamedTuple
from checker.results import Run

HEADING, TEXT, ITEM, EXAMPLE = "heading", "text", "item", "example"
MOST_RULES = 500
"""The rules that are described."""


class Block(NamedTuple):
    """A part of the documentation.

    Attributes:
        kind: ``heading``, ``text``, ``item`` or ``example``.
        text: Its text; an example may have several lines.
    """

    kind: str
    text: str


class RuleView(NamedTuple):
    """A rule.

    Attributes:
        anchor: Where it is on the page.
        id: Its ID.
        name: Its name.
        summary: What it is about.
        blocks: The rest of its documentation.
    """

    anchor: str
    id: str
    name: str
    summary: str
    blocks: tuple[Block, ...]


def rule_views(run: Run) -> tuple[RuleView, ...]:
    """The rules of a run that found something, in the order of their IDs."""
    found = {finding.rule for finding in run.findings}
    rules = sorted({rule.id: rule for rule in run.rules if rule.id in found}.items())
    return tuple(
        RuleView(
            anchor=f"rule-{number}",
            id=rule.id,
            name=rule.name,
            summary=rule.summary,
            blocks=tuple(_blocks(rule.documentation)),
        )
        for number, (_, rule) in enumerate(rules[:MOST_RULES], 1)
    )


def _blocks(documentation: str) -> Iterator[Block]:
    """The blocks of a docstring after its first line."""
    lines = filter(str.strip, documentation.splitlines()[1:])
    for kind, group in groupby(lines, key=_kind_of):
        texts = list(group)
        if kind == EXAMPLE:
            yield Block(kind, dedent("\n".join(texts)))
        elif kind == TEXT:
            yield Block(kind, " ".join(map(str.strip, texts)))
        else:
            yield from (Block(kind, text.strip().removeprefix("- ").rstrip(":")) for text in texts)


def _kind_of(line: str) -> str:
    if line.startswith(" " * 8):
        return EXAMPLE
    if line.lstrip().startswith("- "):
        return ITEM
    return HEADING if line.endswith(":") and not line.startswith(" ") else TEXT
