"""The arguments of ``checker explain``."""

from __future__ import annotations

from checker.cli.arguments.options import add_no_plugin, add_policy
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    explain = commands.add_parser(
        "explain",
        help="show the documentation of a rule or of a family of rules",
        description="Show the documentation of a rule, or the rules of a family.",
    )
    explain.add_argument(
        "rule", metavar="RULE", help="ID or name, such as ARC003; or a family, such as ARC"
    )
    add_policy(explain)
    add_no_plugin(explain)
