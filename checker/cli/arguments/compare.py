"""The arguments of ``checker compare``."""

from __future__ import annotations

from checker.cli.arguments.options import PATH_HELP, add_format, add_reading
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_EXIT_CODES = """\
exit codes:
  0    nothing differs but what is ignored
  1    the archives differ
  2    invalid command line or configuration
  3    an archive could not be read, or an internal error
"""


def add(commands: Commands) -> None:
    """Add the command."""
    compare = commands.add_parser(
        "compare",
        help="show what differs between two archives",
        description=(
            "Compare two archives: what they are, their images, layers, settings and files."
        ),
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    compare.add_argument("a", metavar="A", help=PATH_HELP)
    compare.add_argument("b", metavar="B", help="the other archive")
    compare.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="WHAT",
        help="differences that do not count: timestamps, order, compression, encoding",
    )
    compare.add_argument(
        "--image", metavar="NAME|DIGEST", help="compare only this image of each archive"
    )
    compare.add_argument(
        "--all", action="store_true", help="list all differences, not only the first of each part"
    )
    add_format(compare)
    add_reading(compare)
