"""The arguments of ``checker check``."""

from __future__ import annotations

from checker.cli.arguments.options import (
    EXIT_CODES,
    add_baseline,
    add_checking,
    add_detail,
    add_format_option,
    add_formats,
    add_no_cache,
    add_paths,
    add_reading,
)
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from checker.cli.arguments.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    check = commands.add_parser(
        "check",
        help="check archives",
        description="Check archives: kind, restore command, and findings of all rules.",
        epilog=EXIT_CODES,
        allow_abbrev=False,
    )
    add_paths(check)
    add_reading(check)
    add_no_cache(check)
    add_formats(
        check,
        "report format: text (default), json, junit, sarif, github, gitlab, markdown, tap, "
        "html; repeatable, to FILE or standard output",
    )
    _add_format_options(check)
    add_detail(check)
    add_baseline(check)
    add_checking(check)


def _add_format_options(check: argparse.ArgumentParser) -> None:
    add_format_option(check)
    check.add_argument(
        "--sarif-anchor",
        metavar="FILE",
        help="file of the repository that all results of sarif point to, such as Dockerfile",
    )
    check.add_argument(
        "--junit-flavour",
        metavar="READER",
        help="who reads junit: strict (default, every reader), gitlab, azure",
    )
    check.add_argument(
        "--junit-cases",
        metavar="KIND",
        help="test cases of junit: rules (default), findings, archives",
    )
