"""The arguments of ``checker classify``."""

from __future__ import annotations

from checker.cli.arguments.options import (
    add_detail,
    add_format_option,
    add_formats,
    add_no_cache,
    add_paths,
    add_reading,
)
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    classify = commands.add_parser(
        "classify",
        help="show the kind of archives and how they are restored",
        description="Show the kind of archives, their restore command and the verdicts of engines.",
        allow_abbrev=False,
    )
    add_paths(classify)
    add_reading(classify)
    add_no_cache(classify)
    add_formats(
        classify,
        "report format: text (default) or json",
    )
    add_format_option(classify)
    add_detail(classify)
