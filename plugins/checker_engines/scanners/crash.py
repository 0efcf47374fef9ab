"""Crashes of Go programs, whose words are not part of another error."""

from __future__ import annotations

from checker_engines.answers.refusal import Refusal


class StackOverflow(Exception):  # noqa: N818 - an answer, not an error of this program
    """A function calls itself without end.

    Args:
        reason: The cause in plain words.
        rules: IDs of the rules that can explain it.
    """

    def __init__(self, reason: str, rules: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.refusal = Refusal(
            "runtime: goroutine stack exceeds 1000000000-byte limit", reason, rules
        )
