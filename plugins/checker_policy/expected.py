"""What a text must be: a setting of an image, the value of a variable or of a label."""

from __future__ import annotations

from checker.records import NamedTuple
from checker_policy.patterns import Pattern, read_patterns
from checker_policy.values import Value, listed, type_words

_KEYS = ("one-of", "matches", "must-not-match")


class ExpectedText(NamedTuple):
    """What a text must be.

    Attributes:
        is_set: Whether it must be there.
        one_of: The valid texts; any if empty.
        matches: What must match.
        excludes: What must not match.
    """

    is_set: bool = True
    one_of: tuple[str, ...] = ()
    matches: tuple[Pattern, ...] = ()
    excludes: tuple[Pattern, ...] = ()

    def problem(self, found: str | None) -> str | None:
        """What is wrong with a text, as what follows "it is"; None if nothing is.

        Args:
            found: The text; None if it is not set.
        """
        if not self.is_set:
            return None if found is None else f'"{found}", but must not be set'
        if found is None:
            return f"not set, {self._words()}"
        if self.one_of and found not in self.one_of:
            return f'"{found}", {self._words()}'
        for each in self.matches:
            if not each.is_in(found):
                return f'"{found}", which does not match "{each.text}"'
        for each in self.excludes:
            if each.is_in(found):
                return f'"{found}", which matches "{each.text}"'
        return None

    def _words(self) -> str:
        return f"expected {listed(self.one_of)}" if self.one_of else "but must be set"


def read_expected(value: Value) -> ExpectedText:
    """What a text must be: a text, a list of them, a boolean, or a table with patterns.

    Raises:
        SettingsError: The value is none of them.
    """
    raw = value.raw
    if isinstance(raw, bool):
        return ExpectedText(is_set=raw)
    if isinstance(raw, str):
        return ExpectedText(one_of=(raw,))
    if isinstance(raw, list | tuple):
        return ExpectedText(one_of=value.words() if raw else value.fail("must not be empty"))
    if not isinstance(raw, dict):
        value.fail(
            "must be a string, a list of strings, a boolean or a table, found " + type_words(raw)
        )
    found = value.table(_KEYS)
    if not found:
        value.fail(f"must have one of {', '.join(_KEYS)}")
    return ExpectedText(
        one_of=found["one-of"].words() if "one-of" in found else (),
        matches=read_patterns(found["matches"]) if "matches" in found else (),
        excludes=read_patterns(found["must-not-match"]) if "must-not-match" in found else (),
    )
