"""The arguments of ``checker engines``."""

from __future__ import annotations

from checker.cli.arguments.options import add_no_plugin
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    engines = commands.add_parser(
        "engines",
        help="list the engines and other tools whose verdicts are computed",
        description="List the profiles: releases, groups, actions, and how each was measured.",
    )
    engines.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format; default: text"
    )
    add_no_plugin(engines)
