"""The arguments of ``checker config``."""

from __future__ import annotations

from checker.cli.arguments.options import (
    add_baseline,
    add_checking,
    add_format,
    add_no_cache,
    add_reading,
)
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    config = commands.add_parser(
        "config",
        help="show the settings that are in force, and where they come from",
        description=(
            "Show the settings that are in force, and where each value comes from: a default, a "
            "profile, the settings file with the line, or the command line."
        ),
        allow_abbrev=False,
    )
    config.add_argument(
        "path", nargs="?", metavar="ARCHIVE", help="the archive that they are in force for"
    )
    add_format(config)
    add_reading(config)
    add_no_cache(config)
    add_baseline(config)
    add_checking(config)
