"""The arguments of ``checker convert``."""

from __future__ import annotations

from checker.cli.arguments.options import PATH_HELP, add_reading
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_EXIT_CODES = """\
exit codes:
  0    converted
  1    not converted: a part is missing or damaged, --strict, or the result
       would have errors
  2    invalid command line, or options that do not choose what can be converted
  3    the archive cannot be read, or the result cannot be written
"""
_FORMS = ("docker-archive", "oci-archive", "docker-oci-archive", "oci-layout", "rootfs")
_COMPRESSIONS = ("none", "gzip", "zstd")


def add(commands: Commands) -> None:
    """Add the command."""
    convert = commands.add_parser(
        "convert",
        help="write an image or root filesystem in another form",
        description="Write an image or a root filesystem in the form that an engine takes.",
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    convert.add_argument("source", metavar="IN", help=PATH_HELP)
    convert.add_argument("target", metavar="OUT", help="a path, or - for standard output")
    convert.add_argument(
        "--to",
        dest="form",
        metavar="FORM",
        required=True,
        choices=_FORMS,
        help=f"the form to write: {', '.join(_FORMS)}",
    )
    convert.add_argument(
        "--image", metavar="NAME|DIGEST", help="the image to convert, of an archive of several"
    )
    convert.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        help="the platform to convert, of an image for several; the platform of a root filesystem",
    )
    convert.add_argument("--ref", metavar="NAME:TAG", help="the name that the image gets")
    convert.add_argument(
        "--compression",
        choices=_COMPRESSIONS,
        metavar="KIND",
        help=f"compression of the layers: {', '.join(_COMPRESSIONS)}; default: as they are",
    )
    convert.add_argument(
        "--change",
        action="append",
        dest="changes",
        metavar="INSTRUCTION",
        help="of a root filesystem: a setting of the image, such as 'CMD [\"/app\"]'; repeatable",
    )
    convert.add_argument(
        "--message", metavar="TEXT", help="of a root filesystem: the comment in the history"
    )
    convert.add_argument(
        "--from-image",
        metavar="IMAGE",
        help="of a root filesystem: the archive of the image that it was exported from",
    )
    convert.add_argument(
        "--strict", action="store_true", help="fail if the form cannot hold something"
    )
    convert.add_argument("--json", action="store_true", help="describe the result as JSON")
    add_reading(convert)
