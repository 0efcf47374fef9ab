"""The arguments of ``checker import-plan``."""

from __future__ import annotations

from checker.cli.arguments.options import add_format, add_reading
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_EXIT_CODES = """\
exit codes:
  0    a version of the engine accepts the plan, and nothing prevents the start
  1    all versions refuse it, the result does not start or has another platform
  2    invalid command line or configuration, or not a root filesystem
  3    an archive that cannot be read
"""


def add(commands: Commands) -> None:
    """Add the command."""
    plan = commands.add_parser(
        "import-plan",
        help="work out how to import a root filesystem",
        description="Work out how to import a root filesystem: the command with the settings\n"
        "that fit the root, what engines refuse, and whether the result starts.",
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    plan.add_argument(
        "path",
        metavar="ROOTFS",
        help="a tar file of a root filesystem (plain, gzip, bzip2, xz or zstd), a directory that "
        "holds one, or - for standard input",
    )
    plan.add_argument("--ref", metavar="NAME[:TAG]", help="name of the image")
    plan.add_argument(
        "--change",
        action="append",
        metavar="INSTRUCTION",
        dest="changes",
        help="a --change option of the import, such as 'CMD [\"/app\"]'; repeatable",
    )
    plan.add_argument(
        "--platform", metavar="OS/ARCH[/VARIANT]", help="platform of the image; default: the root's"
    )
    plan.add_argument("--message", metavar="TEXT", help="commit message")
    plan.add_argument(
        "--engine",
        metavar="ENGINE",
        default="docker",
        help="docker (default), podman, or one version such as docker-28",
    )
    plan.add_argument(
        "--from-image",
        metavar="IMAGE",
        help="archive of the image that the root was exported from, whose settings are restored",
    )
    plan.add_argument(
        "--show-secrets", action="store_true", help="do not replace secrets in the output"
    )
    add_format(plan)
    add_reading(plan)
