"""The way out of a profile where its engine returns an error."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an engine's answer, no fault of this program
    """The engine stops here.

    Args:
        message: What it prints, ``<tmp>`` for its temporary folder.
        reason: Why, for a person, and what to do.
        rules: Ids of the rules behind it.
    """

    def __init__(self, message: str, reason: str, rules: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.rules = rules
