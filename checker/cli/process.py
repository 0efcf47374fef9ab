"""The command as a process: signals, standard streams, and what ends a run early."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from types import FrameType, TracebackType

from checker.cli.streams import (
    discard_output,
    flush_output,
    occupy_closed_streams,
    require_output,
    tell,
    writing_output,
)
from checker.errors import CheckerError, PluginError, UnreadableError
from checker.typing_names import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from types import SimpleNamespace

    Arguments: TypeAlias = Namespace | SimpleNamespace

CLEAN = 0
USAGE = 2
NOT_WHOLE = 3
INTERRUPTED = 128 + signal.SIGINT
BROKEN_PIPE = 128 + signal.SIGPIPE
# Two threads share the work of a blob; the default of 5 ms starves the one that hashes.
_SWITCH_SECONDS = 0.0001
# Modules of commands that share one; the others have the name of their command.
_MODULES = {"rules": "catalogue", "explain": "catalogue", "plugins": "catalogue"}
_NO_MEMORY = "not enough memory; raise the limit of the process, or lower --limit and --jobs"
_NO_MEMORY_LINE = f"checker: {_NO_MEMORY}\n".encode()
_STANDARD_ERROR = 2
# Bytes that are kept for words about a lack of memory.
_RESERVE = 1 << 20


class TerminatedError(KeyboardInterrupt):
    """A signal other than that of Ctrl-C ended the run.

    Like an interrupt, it passes through the boundary around plugins.

    Args:
        number: The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def run_process(at_end: Callable[[], None]) -> NoReturn:
    """Run the command line and end the process, with its exit code.

    Args:
        at_end: What is left to do once everything is written.
    """
    occupy_closed_streams()
    # Else NumPy, which pyarrow imports, starts threads for algebra; each waits busily for a while.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.excepthook = _end_at_exception
    sys.unraisablehook = _end_at_lost_interrupt
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    reserve = bytes(_RESERVE)
    try:
        code = run(None)
    except BaseException as error:  # noqa: BLE001 - there was not even memory to tell of it
        del reserve
        _end_with(error)
    at_end()
    # The interpreter frees objects one by one on exit; the system frees them all at once.
    os._exit(code)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Interrupt the run, which removes what it has begun to write; a second signal ends it."""
    signal.signal(number, _leave)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise TerminatedError(number)


def _leave(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)


def _end_at_exception(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    """What is raised outside of ``run``, at its very end, is told as if it were inside."""
    _end_with(error)


def _end_with(error: BaseException) -> NoReturn:
    """Tell what ended the run, and end the process: without memory, with words that are there."""
    try:
        code = _code_of(error)
    except BaseException:  # noqa: BLE001 - only a lack of memory leads here
        os.write(_STANDARD_ERROR, _NO_MEMORY_LINE)
        os._exit(NOT_WHOLE)
    os._exit(code)


def _end_at_lost_interrupt(lost: sys.UnraisableHookArgs) -> None:
    """Python ignores what is raised when an object ends, as some do after each import."""
    if isinstance(lost.exc_value, KeyboardInterrupt):
        os._exit(_code_of(lost.exc_value))
    sys.__unraisablehook__(lost)


def run(argv: list[str] | None) -> int:
    """Run the command line; the exit code. No exception gets out."""
    try:
        code = _run(argv)
        flush_output()
    except BaseException as error:  # noqa: BLE001 - the outermost boundary
        return _code_of(error)
    return code


def _code_of(error: BaseException) -> int:
    """Tell what ended the run, and give the exit code."""
    if isinstance(error, TerminatedError):
        return 128 + error.number
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        discard_output()
        return BROKEN_PIPE
    if isinstance(error, SystemExit):
        return _code_of_parser(error)
    if isinstance(error, CheckerError):
        tell(*(str(error).split("\n") if isinstance(error, PluginError) else (str(error),)))
        return NOT_WHOLE if isinstance(error, PluginError | UnreadableError) else USAGE
    discard_output()
    tell(_words_of(error))
    return NOT_WHOLE


def _code_of_parser(error: SystemExit) -> int:
    """The exit code with which the parser ended the run, once its text is written."""
    try:
        flush_output()
    except OSError as problem:
        return _code_of(problem)
    return error.code if isinstance(error.code, int) else USAGE


def _words_of(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}"
    from checker.isolation import failure_of, is_lack_of_threads

    if is_lack_of_threads(error) or _is_lack_of_room(error):
        return _NO_MEMORY
    return f"internal error: {failure_of(error).summary}; this is a bug of the checker"


def _is_lack_of_room(error: BaseException) -> bool:
    # What Python says if there is not enough memory for an exception.
    if isinstance(error, SystemError) and "without exception set" in str(error):
        return True
    # What the dynamic loader says if there is not enough memory for a compiled module.
    return isinstance(error, ImportError) and "failed to map segment" in str(error)


def _run(argv: list[str] | None) -> int:
    from checker.cli.arguments.without_options import paths_alone

    words = sys.argv[1:] if argv is None else argv
    sys.setswitchinterval(_SWITCH_SECONDS)
    paths = paths_alone(words)
    return _run_parsed(words) if paths is None else _check(paths)


def _run_parsed(words: list[str]) -> int:
    from checker.cli.arguments.command_line import parse_arguments

    arguments = parse_arguments(words)
    if arguments.command in ("check", "classify"):
        return _check(arguments)
    if arguments.command == "convert":
        return _run_of("convert", arguments)
    require_output()
    if arguments.command == "show":
        return _show(arguments)
    if arguments.command in ("import-plan", "compare"):
        return _run_of(arguments.command, arguments)
    with writing_output():
        if "plugin_command" in arguments:
            from checker.cli.plugin_command import run_plugin_command

            return run_plugin_command(arguments)
        return _run_of(arguments.command, arguments)


def _run_of(command: str, arguments: Namespace) -> int:
    """Run a command whose module has nothing to do with the others: only this one is imported."""
    name = command.replace("-", "_")
    module = import_module(f"checker.cli.{_MODULES.get(command, name)}")
    run: Callable[[Namespace], int] = getattr(module, f"run_{name}")
    return run(arguments)


def _show(arguments: Namespace) -> int:
    from checker.reading.early import EarlyHashes

    early = EarlyHashes(arguments.path)
    try:
        from checker.cli.show import run_show

        return run_show(arguments, early)
    finally:
        early.close()


def _check(arguments: Arguments) -> int:
    from checker.reading.early import EarlyHashes

    # Several archives are checked in forks of this process, which must have no thread then.
    path = arguments.paths[0] if len(arguments.paths) == 1 else ""
    # Of the reports, the one with the digest of the archive is JSON.
    is_json = any(name.partition("=")[0] == "json" for name in arguments.formats or ())
    early = EarlyHashes(path, whole=is_json)
    try:
        from checker.cli.check import run_check

        return run_check(arguments, early)
    finally:
        early.close()
