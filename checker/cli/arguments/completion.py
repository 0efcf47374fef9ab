"""The arguments of ``checker completion``."""

from __future__ import annotations

from checker.cli.arguments.options import add_no_plugin
from checker.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.cli.arguments.parser import Commands

_COMPLETION = """\
to use it:
  bash   source <(checker completion bash)
  zsh    eval "$(checker completion zsh)"     after compinit
  fish   checker completion fish | source
"""
_SHELLS = ("bash", "zsh", "fish")


def add(commands: Commands) -> None:
    """Add the command."""
    completion = commands.add_parser(
        "completion",
        help="print a script that completes commands, options, rules and files",
        description="Print a script that completes commands, options, rules, engines and files.",
        epilog=_COMPLETION,
    )
    completion.add_argument(
        "shell", metavar="SHELL", choices=_SHELLS, help=f"one of {', '.join(_SHELLS)}"
    )
    add_no_plugin(completion)
