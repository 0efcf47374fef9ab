"""The arguments of ``checker cache``."""

from __future__ import annotations

from checker.cli.arguments.options import add_format
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_EXIT_CODES = """\
exit codes:
  0    everything is sound
  1    something was damaged, and is removed
  3    the cache cannot be used
"""


def add(commands: Commands) -> None:
    """Add the command."""
    cache = commands.add_parser(
        "cache",
        help="show, remove or verify what is kept of layers that were read",
        description=(
            "Maintain the cache: facts of large layers, so that a layer that was read before is "
            "only hashed."
        ),
    )
    actions = cache.add_subparsers(dest="action_of_cache", required=True, metavar="ACTION")
    info = actions.add_parser(
        "info",
        help="show where it is and what is in it",
        description="Show where the cache is, how many layers are in it, and its size.",
    )
    add_format(info)
    actions.add_parser(
        "clear", help="remove everything", description="Remove everything that is in the cache."
    )
    actions.add_parser(
        "verify",
        help="read everything, and remove what is damaged",
        description="Read everything in the cache, and remove what is damaged.",
        epilog=_EXIT_CODES,
    )
