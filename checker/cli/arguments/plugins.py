"""The arguments of ``checker plugins``."""

from __future__ import annotations

from checker.cli.arguments.options import add_no_plugin
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    plugins = commands.add_parser(
        "plugins",
        help="list the plugins",
        description="List the plugins, and those that could not be loaded.",
    )
    add_no_plugin(plugins)
