"""The exceptions of the checker, which all derive from ``CheckerError``."""

from __future__ import annotations

from collections.abc import Iterable

from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.results import PluginProblem


class CheckerError(Exception):
    """The base class of all exceptions of the checker; the text is for the user."""


class SettingsError(CheckerError):
    """A setting or the command line is invalid; the text says what, and which values are valid."""


class UnreadableError(CheckerError):
    """The input cannot be read at all; the text says why and what to do.

    Args:
        path: The path or name of the input, as the user specified it.
        reason: Why, in words.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class PluginError(CheckerError):
    """No rules are loaded, so nothing can be checked.

    Args:
        problems: Why plugins, or parts of them, were not loaded.
    """

    def __init__(self, problems: Iterable[PluginProblem]) -> None:
        self.problems = tuple(problems)
        lines = [*map(str, self.problems), "no rules are loaded, so nothing can be checked"]
        super().__init__("\n".join(lines))
