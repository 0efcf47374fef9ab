"""The arguments of ``checker new-plugin``."""

from __future__ import annotations

from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    new = commands.add_parser(
        "new-plugin",
        help="write a distribution with a rule, its cases, a test and CI",
        description="Write a distribution with a rule, its cases, a test and CI, to begin with.",
        allow_abbrev=False,
    )
    new.add_argument(
        "name", metavar="DISTRIBUTION", help="name of the distribution, such as acme-checks"
    )
    new.add_argument("--rule", metavar="ID", help="ID of the rule; default: from the name")
    new.add_argument("--output", metavar="DIRECTORY", help="where to write; default: its name")
