"""The manual page ``checker.1``, from the parser of the command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from unittest.mock import patch

from argparse_manpage.manpage import Manpage

from checker import __version__
from checker.cli.arguments.command_line import command_parser
from checker.cli.completion import commands_of

_FILES = r"""
.TP
.I checker.toml\fR, \fIpyproject.toml
Settings, in the working directory or above, up to the root of the repository. See
.B checker config\fR.
.TP
.I checker\-baseline.json
By convention, the findings that are known:
.B checker baseline write
writes it,
.B \-\-baseline
reads it.
"""
_ENVIRONMENT = r"""
.TP
.B GITHUB_ACTIONS
With the value
.BR true ,
annotations are written as well.
.TP
.B GITHUB_STEP_SUMMARY
A file to which a summary of the run is then appended.
"""
_EXAMPLES = r"""
.TP
Check an image that is loaded next, and write a report for a test dashboard:
.B checker check app.tar \-\-as load \-\-format text \-\-format junit=report.xml
.TP
What a rule means:
.B checker explain ARC003
.TP
The settings that an export has lost, as a command:
.B checker import\-plan rootfs.tar \-\-from\-image app.tar \-\-ref app:2
"""
_SEE_ALSO = r"""
.BR docker (1),
.BR podman (1),
.BR skopeo (1),
.BR tar (1)
"""


def manual_page() -> str:
    """The page, in the language of ``man``; the same with every version of Python."""
    # argparse would break the lines, which is the business of whoever shows the page.
    with patch.dict(os.environ, {"COLUMNS": "100000"}):
        parser = command_parser()
        epilog, parser.epilog = parser.epilog, None
        page = Manpage(
            parser,
            {
                "project_name": "archive-checker",
                "version": __version__,
                "date": " ",  # when it was built says nothing
                "manual_title": "User Commands",
                "description": "check container image archives",
            },
            format="single-commands-section",
        )
        page.add_section("Exit status", ">", "".join(_exit_status(parser, epilog or "")).strip())
        page.add_section("Files", ">", _FILES.strip())
        page.add_section("Environment", ">", _ENVIRONMENT.strip())
        page.add_section("Examples", ">", _EXAMPLES.strip())
        page.add_section("See also", ">", _SEE_ALSO.strip())
        return str(page)


def _exit_status(parser: argparse.ArgumentParser, epilog: str) -> Iterator[str]:
    """The exit codes of the program, then those of the commands that differ."""
    yield from _codes(epilog)
    for command in commands_of(parser):
        text = command.epilog or ""
        if text.startswith("exit codes:") and text != epilog:
            yield f".SS \\fB{command.prog}\\fR\n"
            yield from _codes(text)


def _codes(epilog: str) -> Iterator[str]:
    """The lines of a list of exit codes."""
    for line in epilog.splitlines()[1:]:
        code, _, meaning = line.strip().partition(" ")
        words = meaning.strip().replace("\\", "\\\\").replace("-", "\\-")
        yield f".TP\n.B {code}\n{words}\n"
