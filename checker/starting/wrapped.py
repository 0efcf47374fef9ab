"""The program that a shell or an init starts, where the command line tells which.

Source: POSIX.1-2017, Shell Command Language, 2.9.1 "Simple Commands"; tini 0.19; dumb-init 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.rootfs import Rootfs
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.starting.lookup import Lookup, describe_absence, is_mounted, look_up
from checker.starting.obstacle import Cause, Obstacle
from checker.starting.process import Process
from checker.starting.programs import Setting, program_obstacles, unknown_obstacle

_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_INITS = frozenset({"tini", "tini-static", "dumb-init", "catatonit"})
# A simple command whose words need no shell: nothing is substituted, nothing else runs.
_SIMPLE = pattern(r"\s*(?:exec\s+)?([\w./+-]+)(?:\s[^;&|<>()`$\n\\'\"#*?\[\]{}~!]*)?")
_BUILTINS = frozenset(
    {
        *(".", ":", "[", "alias", "bg", "break", "builtin", "case", "cd", "command", "continue"),
        *("declare", "echo", "enable", "eval", "exec", "exit", "export", "false", "fc", "fg"),
        *("for", "function", "getopts", "hash", "help", "history", "if", "jobs", "kill", "let"),
        *("local", "logout", "printf", "pwd", "read", "readonly", "return", "select", "set"),
        *("shift", "shopt", "source", "suspend", "test", "time", "times", "trap", "true", "type"),
        *("typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while"),
    }
)


def wrapped_program(words: tuple[str, ...]) -> int | None:
    """The position of the word that names the program that a shell or an init starts.

    Returns:
        None if another program is started, or if it cannot be told.
    """
    base = words[0].rpartition("/")[2]
    if base in _SHELLS and len(words) > 2 and words[1] == "-c":
        return 2
    if base not in _INITS or len(words) == 1:
        return None
    at = words.index("--") + 1 if "--" in words else 1
    return None if at >= len(words) or words[at].startswith("-") else at


def name_in_shell_command(command: str) -> str | None:
    """The program that a shell command starts; None if it is not a simple command."""
    match = _SIMPLE.fullmatch(command)
    if match is None or match[1] in _BUILTINS:
        return None
    return match[1]


class Wrapped(NamedTuple):
    """The program that a shell or an init starts.

    Attributes:
        position: Position of the word of the command line that names it.
        lookup: The program, looked up.
    """

    position: int
    lookup: Lookup


def find_wrapped(rootfs: Rootfs, process: Process) -> Wrapped | None:
    """The program that the shell or init of a command line starts.

    Returns:
        None if another program is started, if the command does not tell which, and if it is on a
        filesystem that runtimes mount.
    """
    words = process.arguments
    position = wrapped_program(words)
    if position is None:
        return None
    is_shell = words[0].rpartition("/")[2] in _SHELLS
    name = name_in_shell_command(words[position]) if is_shell else words[position]
    lookup = None if name is None else look_up(rootfs, process, name)
    return None if lookup is None or is_mounted(lookup.path) else Wrapped(position, lookup)


def wrapped_obstacles(setting: Setting) -> Iterator[Obstacle]:
    """Why the program that a shell or an init starts is not executed."""
    found = find_wrapped(setting.rootfs, setting.process)
    if found is None:
        return
    if found.lookup.found is None:
        yield _missing(setting, found.lookup, setting.process.arguments[0])
        return
    for each in program_obstacles(setting, found.lookup):
        # A shell executes a text file without an interpreter line itself.
        if each.cause is not Cause.FORMAT:
            yield each


def _missing(setting: Setting, lookup: Lookup, wrapper: str) -> Obstacle:
    if not lookup.is_known:
        return unknown_obstacle(setting.rootfs, lookup)
    base = wrapper.rpartition("/")[2]
    reason = describe_absence(setting.rootfs, lookup)
    what = "not found" if base in _SHELLS else "No such file or directory"
    return Obstacle(
        Cause.WRAPPED,
        f"{reason}, and {wrapper} is to start it",
        f"{base}: {lookup.word}: {what}",
        path=lookup.place or None,
    )
