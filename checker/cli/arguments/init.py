"""The arguments of ``checker init``."""

from __future__ import annotations

from checker.cli.arguments.options import add_no_plugin
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    init = commands.add_parser(
        "init",
        help="write a settings file for the archives here",
        description=(
            "Write a commented settings file, with a section for each archive that is found in the "
            "directory, or for those that are named."
        ),
        allow_abbrev=False,
    )
    init.add_argument("paths", nargs="*", metavar="PATH", help="archives; default: those found")
    init.add_argument(
        "--output", metavar="FILE", default="checker.toml", help="default: checker.toml"
    )
    init.add_argument("--force", action="store_true", help="replace the file if it exists")
    add_no_plugin(init)
