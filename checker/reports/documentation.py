"""The documentation of rules in the forms of reports."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from textwrap import dedent

_MEANING = "What it means:"


def meaning_of(documentation: str) -> str:
    """What a rule means, in one paragraph; its first line if the docstring does not say."""
    lines = documentation.splitlines()
    if _MEANING not in lines:
        return lines[0] if lines else ""
    after = lines[lines.index(_MEANING) + 1 :]
    end = next((i for i, line in enumerate(after) if line and not line.startswith(" ")), None)
    return " ".join(" ".join(after[:end]).split())


def markdown_of(documentation: str) -> list[str]:
    """The documentation of a rule as lines of Markdown: bold headings, fenced examples."""
    blocks = groupby(documentation.splitlines(), key=_is_example)
    return [
        line
        for is_example, block in blocks
        for line in (_fenced(block) if is_example else map(_markdown_line, block))
    ]


def _fenced(block: Iterable[str]) -> list[str]:
    return ["```", *dedent("\n".join(block)).splitlines(), "```"]


def _is_example(line: str) -> bool:
    """Whether a line is indented more than the text and the list items of a section."""
    return line.startswith(" " * 8)


def _markdown_line(line: str) -> str:
    is_heading = line.endswith(":") and not line.startswith(" ")
    return f"**{line.removesuffix(':')}**\n" if is_heading else line.strip()
