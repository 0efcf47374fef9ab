"""Reads the options of report formats, such as ``junit.cases=findings``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checker.checks.option import Option, OptionError
from checker.errors import SettingsError
from checker.reports.report import Report
from checker.typing_names import Any

_TRUTH = {"true": True, "false": False}


def read_options(
    orders: Iterable[str], known: Mapping[str, Report]
) -> dict[str, dict[str, object]]:
    """Parse orders of the form ``FORMAT.OPTION=VALUE``; the values by format and option.

    Args:
        orders: The orders. The last of several for one option counts.
        known: The formats by name.

    Raises:
        SettingsError: A format or option is unknown, or a value is not valid.
    """
    values: dict[str, dict[str, object]] = {}
    for order in orders:
        name, value = _split(order)
        report, option = _find(name, known)
        values.setdefault(report.name, {})[option.name] = _read(option, value, name)
    return values


def choice(name: str, known: Iterable[str]) -> str:
    """The known names in words, and the one that an unknown name resembles."""
    from difflib import get_close_matches

    names = list(known)
    close = get_close_matches(name, names, 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"(choose from: {', '.join(names)}){hint}"


def _split(order: str) -> tuple[str, str]:
    name, equals, value = order.partition("=")
    if not equals or "." not in name:
        raise SettingsError(f"--format-option: {order!r} is not of the form FORMAT.OPTION=VALUE")
    return name, value


def _find(name: str, known: Mapping[str, Report]) -> tuple[Report, Option[Any]]:
    # Names of formats may contain dots, those of options do not.
    format_name, _, option_name = name.rpartition(".")
    report = known.get(format_name)
    if report is None:
        hint = choice(format_name, known)
        raise SettingsError(f"--format-option: unknown format {format_name!r} {hint}")
    options = {option.name: option for option in report.options}
    if not options:
        raise SettingsError(f"--format-option: the format {format_name} has no options")
    if option_name not in options:
        hint = choice(option_name, options)
        raise SettingsError(f"--format-option: unknown option {name!r} {hint}")
    return report, options[option_name]


def _read(option: Option[Any], text: str, name: str) -> object:
    try:
        return option.read(_value(option.kind, text))
    except OptionError as error:
        what = str(error).removeprefix(f"{option.name}: ")
        raise SettingsError(f"--format-option {name}: {what}") from error


def _value(kind: type, text: str) -> object:
    """The value that a text denotes; the text itself if it denotes none of this type."""
    if kind is bool:
        return _TRUTH.get(text, text)
    if kind is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind is str:
        return text
    try:
        return kind(text)
    except ValueError:
        return text
