"""The command ``config``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from checker.cli.check import settings_of, settings_path
from checker.cli.streams import tell
from checker.effective import InForce, in_force, in_section
from checker.errors import SettingsError
from checker.reports.json_report import json_text
from checker.reports.printable import printable
from checker.session import Session
from checker.settings import Section, Settings
from checker.settings_file import read_file

VERSION = 1
_USAGE = 2
_LONGEST = 60


def run_config(arguments: argparse.Namespace) -> int:
    """Show the settings that are in force; the exit code.

    Raises:
        SettingsError: The settings cannot be read.
    """
    try:
        settings = settings_of(arguments)
        with Session(settings) as session:  # raises if a rule, option or engine is unknown
            plugins = session.plugins.options
    except SettingsError as error:
        place = str(error).partition(": ")[0]
        further = [
            problem for problem in _all_problems(arguments) if problem.partition(": ")[0] != place
        ]
        tell(str(error), *further)
        return _USAGE
    fitting = _fitting(settings, arguments.path)
    shown = in_force(settings, fitting, plugins)
    others = () if arguments.path is not None else settings.sections
    if arguments.format == "json":
        print(json_text(_document(settings, shown, others)), end="")
    else:
        print("".join(f"{printable(line)}\n" for line in _text(settings, shown, others)), end="")
    return 0


def _all_problems(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Everything that is wrong in the file by its schema, if it can be read."""
    from checker.settings_schema import schema_problems

    path = settings_path(arguments.config)
    return () if path is None else schema_problems(read_file(path))


def _fitting(settings: Settings, path: str | None) -> tuple[Section, ...]:
    if path is None:
        return ()
    return tuple(section for section in settings.sections if section.covers(path))


def _file(settings: Settings) -> str | None:
    return None if settings.origin is None else settings.origin.file


def _document(
    settings: Settings, shown: Iterable[InForce], sections: Iterable[Section]
) -> dict[str, object]:
    return {
        "version": VERSION,
        "file": _file(settings),
        "settings": [each._asdict() for each in shown],
        "archives": [
            {
                "path": section.patterns,
                "name": section.name,
                "source": section.origin.place(),
                "settings": [each._asdict() for each in in_section(section)],
            }
            for section in sections
        ],
    }


def _text(
    settings: Settings, shown: Sequence[InForce], sections: Iterable[Section]
) -> Iterator[str]:
    file = _file(settings)
    yield "no settings file" if file is None else f"settings from {file}"
    yield ""
    limits = [each for each in shown if each.is_default and each.key.startswith("limits.")]
    yield from _columns([each for each in shown if each not in limits])
    yield f"and {len(limits)} limits at their defaults (see --format json)"
    for section in sections:
        yield ""
        patterns = ", ".join(section.patterns)
        yield f"for archives {patterns} ({section.origin.place()})"
        yield from _columns(in_section(section))


def _columns(shown: Iterable[InForce]) -> Iterator[str]:
    rows = [(each.key, _value(each), ", ".join(each.sources)) for each in shown]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:2]]
    for key, value, source in rows:
        yield f"{key.ljust(widths[0])}  {value.ljust(widths[1])}  {source}"


def _value(shown: InForce) -> str:
    value = shown.value
    if value is None or value == []:
        return "-"
    if isinstance(value, list):
        items = (_item_name(item) if isinstance(item, dict) else item for item in value)
        text = ", ".join(map(str, items))
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _item_name(table: Mapping[str, object]) -> object:
    """What a waiver or a requirement is shown as: the rule that it is about, or its name."""
    return table.get("rule", table.get("name", ""))
