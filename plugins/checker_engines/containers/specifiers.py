"""Platforms written as text, such as ``linux/arm/v7`` (containerd platforms, Parse)."""

from __future__ import annotations

import re

from checker.patterns import pattern
from checker.records import NamedTuple
from checker_engines.golang.fmt import quote

_INVALID = ": invalid argument"
_MOST_PARTS = 3


class _Form(NamedTuple):
    """What a part of a platform looks like.

    Attributes:
        part: What errors call the part.
        called: What they call the form.
        expression: The regular expression of Go.
        pattern: The same.
    """

    part: str
    called: str
    expression: str
    pattern: re.Pattern[str]

    def error(self, part: str, specifier: str) -> str | None:
        """The error for a part of a platform; None if it has the form."""
        if self.pattern.fullmatch(part):
            return None
        return (
            f"{quote(part)} is an invalid {self.part} of {quote(specifier)}: {self.called} "
            f"specifier component must match {quote(self.expression)}{_INVALID}"
        )


def _form(part: str, called: str, expression: str) -> _Form:
    return _Form(part, called, expression, pattern(expression))


_COMPONENT = _form("component", "platform", "^[A-Za-z0-9_-]+$")
_OS = _form("OS component", "OSAndVersion", r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$")


def old_specifier_error(specifier: str) -> str | None:
    """The error for a platform; None if it is valid (containerd 1.6).

    Args:
        specifier: OS, architecture and perhaps a variant, with slashes between them.
    """
    return _error(specifier, specifier.split("/"), _COMPONENT)


def specifier_error(specifier: str) -> str | None:
    """The same, where a version may follow the OS (github.com/containerd/platforms 0.2.1)."""
    return _error(specifier, specifier.split("/", _MOST_PARTS), _OS)


def _error(specifier: str, parts: list[str], form_of_os: _Form) -> str | None:
    if "*" in specifier:
        return f"{quote(specifier)}: wildcards not yet supported{_INVALID}"
    first, *rest = parts
    errors = (
        form_of_os.error(first, specifier),
        *(_COMPONENT.error(one, specifier) for one in rest),
    )
    wrong = next(filter(None, errors), None)
    if wrong is None and len(parts) > _MOST_PARTS:
        return f"{quote(specifier)}: cannot parse platform specifier{_INVALID}"
    return wrong
