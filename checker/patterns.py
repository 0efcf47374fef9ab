"""Regular expressions that are compiled at their first use.

Of those that a run defines, a sound archive needs a third, and most of the others take longer to
compile than the module that has them takes to load.
"""

from __future__ import annotations

import re

from checker.typing_names import Any, AnyStr, cast


class _Pattern:
    """Has the attributes of a compiled pattern; the first that is asked for compiles it."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # a copy asks for some before it has the attributes
            raise AttributeError(name)
        value = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, value)  # so that this method is not called again
        return value


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A pattern that is used like those of ``re.compile``, but not passed to functions of ``re``.

    Args:
        text: The regular expression.
        flags: Flags, as for ``re.compile``.

    Raises:
        re.error: The expression is wrong; raised when it is first used.
    """
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
