"""The arguments of ``check`` and ``classify`` where the command line has paths alone.

They are the defaults of all options. To import argparse, to make a parser and to parse takes as
long as to read a small archive, and a large one could be hashed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import SimpleNamespace

from checker.typing_names import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_COMMANDS = ("check", "classify")
_NO_PATH = ("", "-")


def paths_alone(words: Sequence[str]) -> SimpleNamespace | None:
    """The arguments, as the parser gives them; None if a word may be an option, or is wrong."""
    command, *paths = words or ("",)
    if command not in _COMMANDS or not paths or any(path[:1] in _NO_PATH for path in paths):
        return None
    defaults = _Defaults()
    import_module(f"{__package__}.{command}").add(cast("Commands", defaults))
    return SimpleNamespace(**{**defaults.values, "command": command, "paths": paths})


class _Defaults:
    """Takes the arguments of a command, as a parser does, for their defaults."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def add_parser(self, _name: str, **_options: object) -> _Defaults:
        return self

    def add_mutually_exclusive_group(self) -> _Defaults:
        return self

    def add_argument(
        self,
        *names: str,
        dest: str | None = None,
        action: str = "store",
        default: object = None,
        **_options: object,
    ) -> None:
        name = dest or names[-1].lstrip("-").replace("-", "_")
        self.values[name] = False if action == "store_true" else default
