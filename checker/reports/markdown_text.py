"""Text from archives as a part of Markdown, which GitHub, GitLab and others render.

Nothing in such a text can be formatting, HTML, a link, an image, or a mention of a person.
"""

from __future__ import annotations

import re

from checker.reports.printable import printable

_PUNCTUATION = re.compile(r"([\\`*_\[\]<>#!|~&$^])")
# What is recognized without markup, even if it is escaped: mentions, addresses, hosts, and the
# references of GitHub and GitLab (#1, !1, $1, &1, %name, ~name). A comment shows nothing there.
_RECOGNIZED = re.compile(
    r"@|(?<=www)(?=\.)|:(?=//)|/(?=/)|[#!$&](?=\d)|[%~](?=[\w\"])", re.IGNORECASE
)
_BLOCK = re.compile(r"^( *\d*)([-+=:.)])")
_SEPARATOR = "<!-- -->"
_RUNS = re.compile("`+")
_COMMAND = re.compile("`([^`]+)`")
_PIPE = r"\|"
_LONGEST = 1000


def markdown(text: str) -> str:
    """A text as one line of Markdown that shows it."""
    shown = _shortened(printable(text))
    separated = _RECOGNIZED.sub(lambda found: f"{found[0]}\0", shown)
    return _PUNCTUATION.sub(r"\\\1", separated).replace("\0", _SEPARATOR)


def paragraph_start(text: str) -> str:
    """A text as ``markdown``, where a line begins: a dash or number there would begin a list."""
    return _BLOCK.sub(r"\1\\\2", markdown(text))


def code(text: str) -> str:
    """A text as a code span of Markdown."""
    shown = _shortened(printable(text)) or " "
    longest = max((len(run) for run in _RUNS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    # A space is removed at both ends, unless there is nothing else.
    gap = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def with_commands(text: str) -> str:
    """A text as one line of Markdown, with the commands in backticks as code spans."""
    parts = _COMMAND.split(_shortened(printable(text)))
    return "".join(
        code(part) if number % 2 else markdown(part) for number, part in enumerate(parts)
    )


def cell_code(text: str) -> str:
    """A text as a code span in the cell of a table, where a bar would end the cell."""
    return code(text).replace("|", _PIPE)


def fenced(text: str) -> list[str]:
    """A text as the lines of a code block."""
    lines = [_shortened(printable(line)) for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in _RUNS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *lines, fence]


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]} ... ({len(text) - _LONGEST:,} more characters)"
