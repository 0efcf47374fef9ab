"""Regular expressions of policies, which take time in proportion to what they search.

They have the syntax of RE2, as those of Go. Python's own would take exponential time for some, and
nothing can interrupt it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase, translate
from functools import cache

from checker.records import NamedTuple
from checker.typing_names import Any
from checker_policy.values import Value

_LONGEST = 2000
_MEMORY = 16 << 20
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
EXTRA = "pip install 'archive-checker[policy]'"


class Pattern(NamedTuple):
    """A regular expression that was compiled once.

    Attributes:
        text: The expression.
    """

    text: str

    def is_in(self, content: str) -> bool:
        """Whether it matches anywhere in a text."""
        if _is_literal(self.text):
            return self.text in content
        return _compiled(self.text).search(content) is not None


class PatternError(ValueError):
    """An expression that cannot be used; the text says why."""


def pattern(text: str) -> Pattern:
    """A regular expression.

    Raises:
        PatternError: It is not valid, too long, or the library is not installed.
    """
    if len(text) > _LONGEST:
        raise PatternError(f"has more than {_LONGEST:,} characters")
    if not _is_literal(text):
        _compiled(text)
    return Pattern(text)


def read_patterns(value: Value) -> tuple[Pattern, ...]:
    """Regular expressions in a policy: one, or a list of them.

    Raises:
        SettingsError: One is not valid.
    """
    return tuple(_read_pattern(item) for item in value.one_or_more())


def _read_pattern(value: Value) -> Pattern:
    try:
        return pattern(value.text())
    except PatternError as error:
        value.fail(str(error))


def _is_literal(text: str) -> bool:
    return _SPECIAL.isdisjoint(text)


@cache
def _compiled(text: str) -> Any:
    try:
        import re2
    except ImportError:
        raise PatternError(f"a regular expression needs the library google-re2: {EXTRA}") from None
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(f"is not a regular expression of RE2: {words or text}") from None


class Glob(NamedTuple):
    """A pattern of paths, as shells write them; ``**`` stands for any directories.

    Attributes:
        text: The pattern, without slashes around it.
    """

    text: str

    @property
    def is_path(self) -> bool:
        """Whether it is the path of one file."""
        return not set(self.text) & set("*?[")

    @property
    def directory(self) -> str:
        """The directory that all that it matches is in; empty if that is the root."""
        fixed: list[str] = []
        for part in self.text.split("/")[:-1]:
            if set(part) & set("*?["):
                break
            fixed.append(part)
        return "/".join(fixed)

    @property
    def last_part(self) -> str | None:
        """The last part of all paths that it matches; None if it varies."""
        last = self.text.rpartition("/")[2]
        return None if set(last) & set("*?[") else last

    def matches(self, path: str) -> bool:
        """Whether a cleaned path matches."""
        return self.matcher()(path)

    def matcher(self) -> Callable[[str], bool]:
        """What tells whether cleaned paths match, for many of them."""
        parts = self.text.split("/")
        if all(part == "**" for part in parts):
            return lambda _: True
        last = re.compile(translate(parts[-1])).match

        def match(path: str) -> bool:
            # The last part tells most paths apart.
            if last(path[path.rfind("/") + 1 :]) is None:
                return False
            return is_anywhere or _match_parts(parts, path.split("/"))

        is_anywhere = parts[:-1] == ["**"]
        return match if parts[-1] != "**" else lambda path: _match_parts(parts, path.split("/"))


def _match_parts(pattern_parts: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether the parts of a path match; in time that grows with the product of both numbers."""
    reached = {0}
    for each in pattern_parts:
        if each == "**":
            reached = set(range(min(reached), len(parts) + 1))
        else:
            reached = {
                position + 1
                for position in reached
                if position < len(parts) and fnmatchcase(parts[position], each)
            }
        if not reached:
            return False
    return len(parts) in reached


def fits(text: str, patterns: tuple[str, ...]) -> bool:
    """Whether a text matches any of some patterns of shells; all do if there is none."""
    return not patterns or any(fnmatchcase(text, each) for each in patterns)
