"""Arguments that several commands have."""

from __future__ import annotations

from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

EXIT_CODES = """\
exit codes:
  0    clean
  1    a finding at or above --fail-on
  2    invalid command line or configuration
  3    incomplete check: unreadable input, a crash, a plugin problem, or a
       report that cannot be written
"""
"""Those of ``checker check``, and of the command line as a whole."""
PATH_HELP = "a tar file (plain, gzip, bzip2, xz or zstd), a directory, or - for standard input"
"""What is said of the path of one archive."""
_PATHS_HELP = f"{PATH_HELP}; of a directory of archives, all below it are taken"


def add_paths(command: argparse.ArgumentParser) -> None:
    """The archives, and lists of them."""
    command.add_argument("paths", nargs="*", metavar="PATH", help=_PATHS_HELP)
    command.add_argument(
        "--files-from",
        action="append",
        default=[],
        metavar="FILE",
        help="read further paths from FILE, one a line; - for standard input; repeatable",
    )
    command.add_argument(
        "-0",
        "--null",
        action="store_true",
        help="paths in the lists of --files-from end with a zero byte",
    )


def add_reading(command: argparse.ArgumentParser) -> None:
    """The options that say how archives are read, with the settings file."""
    command.add_argument(
        "--config",
        metavar="FILE",
        help="configuration file; default: checker.toml or pyproject.toml, here or above",
    )
    _add_bounds(command)


def _add_bounds(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--limit",
        action="append",
        metavar="NAME=VALUE",
        dest="limits",
        help="set a limit for reading, such as entries=100000; repeatable",
    )
    command.add_argument(
        "-j",
        "--jobs",
        type=int,
        metavar="N",
        help="archives and blobs to read in parallel, all together; default: CPUs",
    )
    command.add_argument(
        "--host",
        metavar="OS/ARCH[,KEY]",
        help="the engines' host, with storage=vfs or rootless; default: linux/amd64, on overlay",
    )
    command.add_argument(
        "--color", metavar="WHEN", help="colours: auto (default, on a terminal), always, never"
    )
    command.add_argument("--no-progress", action="store_true", help="do not show progress")
    add_no_plugin(command)


def add_no_cache(command: argparse.ArgumentParser) -> None:
    """The option not to use the cache."""
    command.add_argument(
        "--no-cache",
        action="store_true",
        help="read layers that were read before again, and keep nothing; see 'checker cache'",
    )


def add_no_plugin(command: argparse.ArgumentParser) -> None:
    """The option to leave out plugins."""
    command.add_argument(
        "--no-plugin", action="append", metavar="NAME", default=[], help="do not load this plugin"
    )


def add_format(command: argparse.ArgumentParser) -> None:
    """The option for text or JSON."""
    command.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    command.add_argument(
        "--json", action="store_const", const="json", dest="format", help="same as --format json"
    )


def add_formats(command: argparse.ArgumentParser, what: str) -> None:
    """The option that names report formats, with the files that they are written to.

    Args:
        command: The parser of the command.
        what: The help: which formats there are.
    """
    command.add_argument(
        "--format", action="append", metavar="NAME[=FILE]", dest="formats", help=what
    )


def add_format_option(command: argparse.ArgumentParser) -> None:
    """The options of report formats."""
    command.add_argument(
        "--format-option",
        action="append",
        default=[],
        metavar="FORMAT.OPTION=VALUE",
        dest="format_options",
        help="set an option of a report format, such as junit.cases=findings; repeatable",
    )


def add_detail(command: argparse.ArgumentParser) -> None:
    """The options that say how much the text shows."""
    details = command.add_mutually_exclusive_group()
    details.add_argument(
        "-v",
        "--verbose",
        action="store_const",
        const="verbose",
        dest="detail",
        help="text shows everything: notes, engines with reasons, rules, all archives",
    )
    details.add_argument(
        "-q",
        "--quiet",
        action="store_const",
        const="quiet",
        dest="detail",
        help="text shows only archives that do not pass, a line for each",
    )


def add_checking(check: argparse.ArgumentParser) -> None:
    """The options that say how archives are checked."""
    check.add_argument(
        "--as",
        dest="action",
        metavar="COMMAND",
        help="intended command: load or import; another kind of archive is an error",
    )
    check.add_argument(
        "--engine",
        action="append",
        metavar="PROFILE[:ACTION]",
        dest="engines",
        help=(
            "fail unless this engine accepts the archive, such as docker-28:load; or a group: "
            "docker, podman, kubernetes, all; or a release, such as docker-26; see 'checker "
            "engines'; several with commas, or repeatable"
        ),
    )
    check.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        help="fail on findings of this severity or higher: error (default), warning, note, never",
    )
    check.add_argument(
        "--select", action="append", metavar="IDS", help="run only these rules, such as ARC,DKR001"
    )
    check.add_argument("--ignore", action="append", metavar="IDS", help="do not run these rules")
    check.add_argument(
        "--profile",
        metavar="NAME",
        help="a set of settings to begin with: default, strict, security, release",
    )
    add_policy(check)
    check.add_argument(
        "--strict-waivers",
        action="store_true",
        help="waivers that expired, or that nothing needs, are errors",
    )
    add_verify_key(check)


def add_baseline(check: argparse.ArgumentParser) -> None:
    """The option that names a baseline."""
    check.add_argument(
        "--baseline",
        metavar="FILE",
        help="findings in this file do not fail the run; see 'checker baseline write'",
    )


def add_policy(command: argparse.ArgumentParser) -> None:
    """The options that name files from which rules are made."""
    command.add_argument(
        "--policy",
        action="append",
        metavar="FILE",
        dest="policies",
        help="requirements, in TOML or YAML, that the archives must meet; repeatable",
    )
    command.add_argument(
        "--structure-test",
        action="append",
        metavar="FILE",
        dest="structure_tests",
        help="tests of container-structure-test, in YAML or JSON; repeatable",
    )


def add_verify_key(command: argparse.ArgumentParser) -> None:
    """The keys that verify signatures."""
    command.add_argument(
        "--verify-key",
        action="append",
        metavar="FILE",
        dest="verify_keys",
        help=(
            "verify signatures with this public key (cosign), or trust this certificate "
            "(notation); repeatable"
        ),
    )
