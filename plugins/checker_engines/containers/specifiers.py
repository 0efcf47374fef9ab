"""Platforms written as text, such as ``linux/arm/v7`` (containerd platforms, Parse)."""

from __future__ import annotations

from collections.abc import Callable

from checker.patterns import pattern
from checker_engines.golang.fmt import quote

_COMPONENT = "^[A-Za-z0-9_-]+$"
_OS_AND_VERSION = r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$"
_IS_COMPONENT = pattern("[A-Za-z0-9_-]+")
_IS_OS = pattern(r"[A-Za-z0-9_-]+(?:\([A-Za-z0-9_.-]*\))?")
_INVALID = ": invalid argument"
_MOST_PARTS = 3


def old_specifier_error(specifier: str) -> str | None:
    """The error for a platform; None if it is valid (containerd 1.6).

    Args:
        specifier: OS, architecture and perhaps a variant, with slashes between them.
    """
    return _error(specifier, specifier.split("/"), _component_error)


def specifier_error(specifier: str) -> str | None:
    """The same, where a version may follow the OS (github.com/containerd/platforms 0.2.1)."""
    return _error(specifier, specifier.split("/", _MOST_PARTS), _os_error)


def _error(
    specifier: str, parts: list[str], first_error: Callable[[str, str], str | None]
) -> str | None:
    if "*" in specifier:
        return f"{quote(specifier)}: wildcards not yet supported{_INVALID}"
    first, *rest = parts
    errors = (first_error(first, specifier), *(_component_error(one, specifier) for one in rest))
    wrong = next(filter(None, errors), None)
    if wrong is None and len(parts) > _MOST_PARTS:
        return f"{quote(specifier)}: cannot parse platform specifier{_INVALID}"
    return wrong


def _component_error(part: str, specifier: str) -> str | None:
    if _IS_COMPONENT.fullmatch(part):
        return None
    return (
        f"{quote(part)} is an invalid component of {quote(specifier)}: platform specifier "
        f"component must match {quote(_COMPONENT)}{_INVALID}"
    )


def _os_error(part: str, specifier: str) -> str | None:
    if _IS_OS.fullmatch(part):
        return None
    return (
        f"{quote(part)} is an invalid OS component of {quote(specifier)}: OSAndVersion specifier "
        f"component must match {quote(_OS_AND_VERSION)}{_INVALID}"
    )
