"""The arguments of ``checker baseline``."""

from __future__ import annotations

from checker.cli.arguments.options import add_checking, add_no_cache, add_paths, add_reading
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_EXIT_CODES = """\
exit codes:
  0    written
  2    invalid command line or configuration
  3    not written: unreadable input, a crash, a plugin problem, or a file
       that cannot be written
"""


def add(commands: Commands) -> None:
    """Add the command."""
    baseline = commands.add_parser(
        "baseline",
        help="write the findings that are known, so that only new ones fail",
        description="Maintain a baseline: findings in it do not fail 'checker check --baseline'.",
    )
    actions = baseline.add_subparsers(dest="action_of_baseline", required=True, metavar="ACTION")
    write = actions.add_parser(
        "write",
        help="check archives and write what fails the run to a file",
        description=("Check archives and write the findings that fail the run to a file."),
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    write.add_argument("file", metavar="FILE", help="the baseline, such as checker-baseline.json")
    add_paths(write)
    add_reading(write)
    add_no_cache(write)
    add_checking(write)
