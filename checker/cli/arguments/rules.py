"""The arguments of ``checker rules``."""

from __future__ import annotations

from checker.cli.arguments.options import add_no_plugin, add_policy
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    rules = commands.add_parser(
        "rules", help="list the rules", description="List the rules with severity and summary."
    )
    rules.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="default: text"
    )
    rules.add_argument(
        "--search", metavar="WORDS", help="only rules whose documentation contains these words"
    )
    add_policy(rules)
    add_no_plugin(rules)
