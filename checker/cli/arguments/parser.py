"""The parsers of the command line: help in the width of the terminal, errors in one line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from checker.cli.streams import require_output, tell, writing_output
from checker.suggestion import nearest
from checker.typing_names import TYPE_CHECKING, Any, NoReturn, TypeAlias

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    Commands: TypeAlias = argparse._SubParsersAction["Parser"]  # noqa: SLF001 - has no public name

_END = "--"
_PATHS = ("paths", "path", "source", "a", "b", "from_image")
_COLUMNS = 80
_ARGUMENT, _REQUIRED = "argument ", "arguments are required"


def _columns() -> int:
    """The columns of the terminal, as shutil tells them, whose import takes much longer."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    if sys.__stdout__ is None:
        return _COLUMNS
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _COLUMNS
    except (ValueError, OSError):
        return _COLUMNS


class Formatter(argparse.HelpFormatter):
    """Formats help in the width of the terminal."""

    def __init__(
        self,
        prog: str,
        indent_increment: int = 2,
        max_help_position: int = 24,
        width: int | None = None,
    ) -> None:
        super().__init__(prog, indent_increment, max_help_position, width or _columns() - 2)


class RawFormatter(Formatter, argparse.RawDescriptionHelpFormatter):
    """The same, with descriptions as they are written."""


class Parser(argparse.ArgumentParser):
    """A parser that suggests names, and notices when its text cannot be written."""

    def __init__(self, **options: Any) -> None:
        # An epilog is shown as it is written.
        formatter = RawFormatter if "epilog" in options else Formatter
        super().__init__(**{"formatter_class": formatter, **options})

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse what is known; end the run where a command has an option that it does not know.

        Paths may be anywhere among the options.
        """
        found, unknown = super().parse_known_args(args, namespace)
        end = unknown.index(_END) if _END in unknown else len(unknown)
        options = [word.partition("=")[0] for word in unknown[:end] if word[:1] == "-" != word]
        if options:
            hint = nearest(options[0], self._option_string_actions)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        if "paths" in found:
            found.paths = [*found.paths, *unknown[:end], *unknown[end + 1 :]]
            unknown = []
        self._refuse_empty_paths(found)
        return found, unknown

    def _refuse_empty_paths(self, found: argparse.Namespace) -> None:
        """End the run if an archive has an empty name, as one of a variable that is not set."""
        for key in _PATHS:
            value = getattr(found, key, None)
            if value == "" or (isinstance(value, list) and "" in value):
                self.error("the path of an archive is empty; is a variable not set?")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a value that is not one of the choices, with the nearest one."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = nearest(str(value), map(str, action.choices or ()))
            if action.dest == "command" and os.path.exists(str(value)):
                hint = f"; did you mean 'checker check {value}'?"
            raise argparse.ArgumentError(action, f"{error.message}{hint}") from None

    def error(self, message: str) -> NoReturn:
        """End the run with exit code 2, after one line that says what is wrong."""
        hint = f"; see '{self.prog} --help'" if _REQUIRED in message else ""
        tell(f"{message.removeprefix(_ARGUMENT)}{hint}")
        sys.exit(2)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help, or raise ``OSError`` if standard output is closed."""
        require_output()
        super().print_help(file)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is None or file is not sys.stdout:
            require_output()  # else it would be printed to standard error
            super()._print_message(message, file)
            return
        with writing_output():
            file.write(message)
