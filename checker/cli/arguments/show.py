"""The arguments of ``checker show``."""

from __future__ import annotations

from checker.cli.arguments.options import PATH_HELP, add_format, add_reading, add_verify_key
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_EXIT_CODES = """\
exit codes:
  0    shown
  2    invalid command line or configuration, or no such image, layer or path
  3    the archive could not be read, a plugin problem, or an internal error
"""


def add(commands: Commands) -> None:
    """Add the command."""
    show = commands.add_parser(
        "show",
        help="show what is in an archive",
        description="Show what is in an archive: images, settings, history, layers and files.",
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    show.add_argument("path", metavar="ARCHIVE", help=PATH_HELP)
    show.add_argument(
        "--image", metavar="NAME|DIGEST", help="one image of several, by name or start of a digest"
    )
    show.add_argument(
        "--tree",
        nargs="?",
        const="",
        metavar="PATH",
        help="show the files of the merged root as a tree, or those below PATH",
    )
    show.add_argument(
        "-L", dest="depth", type=int, metavar="DEPTH", help="levels of the tree; default: 2"
    )
    show.add_argument(
        "--layer", type=int, metavar="N", help="the tree of one layer, counted from 0"
    )
    show.add_argument("--outer", action="store_true", help="the tree of the archive's own members")
    show.add_argument(
        "--all", action="store_true", help="leave nothing out, however long the output becomes"
    )
    add_format(show)
    add_verify_key(show)
    add_reading(show)
