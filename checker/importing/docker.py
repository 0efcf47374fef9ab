"""The instructions of ``docker import --change``, and what they make of an image's settings.

Source: moby 20.10.24, 28.5.2 and 29.7.2: builder/dockerfile, builder.go (BuildFromConfig) and
dispatchers.go; BuildKit, frontend/dockerfile/instructions, parse.go.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from checker.importing.dockerfile import Instruction, Syntax, parse_lines
from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import SPACE, GoError, parse_duration, parse_integer, quote
from checker.importing.ports import (
    OLD_PORTS,
    PORTS,
    PortParser,
    exposed_ports,
    parse_port,
    parse_port_29,
)
from checker.importing.run_config import Healthcheck, RunConfig
from checker.importing.signals import signal_number
from checker.importing.words import Lexer
from checker.model.names import OLD_REFERENCE, REFERENCE, Grammar
from checker.records import NamedTuple
from checker.typing_names import Any

_SHELL = ("/bin/sh", "-c")
_MILLISECOND = 1_000_000
_ONBUILD = re.compile(rf"[{SPACE}]*ONBUILD[{SPACE}]*", re.IGNORECASE)
_OLD_CHANGES = frozenset(
    {
        *("cmd", "entrypoint", "healthcheck", "env", "expose", "label", "onbuild", "user"),
        *("volume", "workdir"),
    }
)
_INTERVALS = ("interval", "timeout", "start-period")
_NEAR = 3


class DockerImport(NamedTuple):
    """What ``docker import`` of one version does.

    Attributes:
        follows: The release whose source it models.
        references: The grammar of references.
        syntax: The syntax of instructions.
        changes: The instructions that are allowed, in lower case.
        checks_names_first: Whether all names are checked before any arguments.
        trims: Whether the newer forms of ``${}`` are known.
        intervals: The flags of HEALTHCHECK that are durations.
        fewest_retries: The smallest number of retries of HEALTHCHECK.
        accepts_zero_interval: Whether a duration of HEALTHCHECK may be 0.
        cleans_workdir: Whether an absolute path of WORKDIR is cleaned.
        unknown_flag: The error for a flag that is not known.
        flag_errors: The errors for a flag that is repeated and for one without a value.
        retries_error: The error for too few retries.
        parse_port: Parses one word of EXPOSE.
    """

    follows: str
    references: Grammar
    syntax: Syntax
    changes: frozenset[str]
    checks_names_first: bool
    trims: bool
    intervals: tuple[str, ...]
    fewest_retries: int
    accepts_zero_interval: bool
    cleans_workdir: bool
    unknown_flag: Callable[[str, Iterable[str]], str]
    repeated_flag: str
    flag_without_value: str
    retries_error: str
    parse_port: PortParser


def _unknown_flag_20(name: str, known: Iterable[str]) -> str:
    del known
    return f"Unknown flag: {name}"


def _unknown_flag(name: str, known: Iterable[str]) -> str:
    near = min(known, key=partial(_distance, name), default="")
    hint = f" (did you mean {near}?)" if near and _distance(name, near) < _NEAR else ""
    return f"unknown flag: --{name}{hint}"


def _distance(one: str, other: str) -> int:
    """The Levenshtein distance of two words; the first is cut, as the others are short."""
    row = list(range(len(other) + 1))
    for at, character in enumerate(one[:100], 1):
        before, row[0] = row[0], at
        for column, wanted in enumerate(other, 1):
            cost = before + (character != wanted)
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, cost)
    return row[-1]


DOCKER_20 = DockerImport(
    follows="20.10.24",
    references=OLD_REFERENCE,
    syntax=Syntax(
        directives=frozenset({"escape", "syntax"}),
        lowers_names=True,
        reads_json_prefix=True,
        has_heredocs=False,
        escapes_in_flags=False,
    ),
    changes=_OLD_CHANGES,
    checks_names_first=True,
    trims=False,
    intervals=_INTERVALS,
    fewest_retries=1,
    accepts_zero_interval=False,
    cleans_workdir=False,
    unknown_flag=_unknown_flag_20,
    repeated_flag="Duplicate flag specified: {name}",
    flag_without_value="Missing a value on flag: {name}",
    retries_error="--retries must be at least 1 (not {number})",
    parse_port=partial(parse_port, OLD_PORTS),
)
DOCKER_28 = DockerImport(
    follows="28.5.2",
    references=REFERENCE,
    syntax=Syntax(
        directives=frozenset({"check", "escape", "syntax"}),
        lowers_names=False,
        reads_json_prefix=False,
        has_heredocs=True,
        escapes_in_flags=True,
    ),
    changes=_OLD_CHANGES | {"stopsignal"},
    checks_names_first=False,
    trims=True,
    intervals=(*_INTERVALS, "start-interval"),
    fewest_retries=0,
    accepts_zero_interval=True,
    cleans_workdir=True,
    unknown_flag=_unknown_flag,
    repeated_flag="duplicate flag specified: --{name}",
    flag_without_value="missing a value on flag: --{name}",
    retries_error="--retries cannot be negative ({number})",
    parse_port=partial(parse_port, PORTS),
)
DOCKER_29 = DOCKER_28._replace(
    follows="29.7.2",
    parse_port=parse_port_29,
)


def apply_changes(changes: Iterable[str], version: DockerImport) -> RunConfig:
    """The settings of an image that is imported with some ``--change`` options.

    Args:
        changes: The options, in order; together they are one Dockerfile.
        version: The version of Docker.

    Raises:
        ImportRefusedError: Docker refuses them; the text is the daemon's.
    """
    texts = tuple(changes)
    if not texts:
        return RunConfig()
    parsed = parse_lines("\n".join(texts), version.syntax)
    steps = _steps(parsed.instructions, version)
    state = _State(RunConfig(), Lexer(escape=parsed.escape, trims=version.trims))
    for step in steps:
        state = step(state)
    return state.config


class _State(NamedTuple):
    """The settings so far, and how the next instruction is read.

    Attributes:
        config: The settings.
        lexer: Reads words.
        has_cmd: Whether CMD was given, which ENTRYPOINT otherwise removes.
    """

    config: RunConfig
    lexer: Lexer
    has_cmd: bool = False

    def word(self, text: str) -> str:
        return self.lexer.word(text, self.variables())

    def variables(self) -> Mapping[str, str]:
        pairs = (item.partition("=") for item in self.config.env)
        return {name: value for name, _, value in pairs}

    def having(self, **settings: Any) -> _State:
        return self._replace(config=self.config._replace(**settings))


_Step = Callable[[_State], _State]


def _steps(instructions: tuple[Instruction, ...], version: DockerImport) -> list[_Step]:
    """What the instructions do, once all of them are found to be allowed and complete."""
    for instruction in instructions if version.checks_names_first else ():
        _check_name(instruction, version)
    return [_step(instruction, version) for instruction in instructions]


def _check_name(instruction: Instruction, version: DockerImport) -> None:
    if instruction.name.lower() not in version.changes:
        raise ImportRefusedError(f"{instruction.name} is not a valid change command")


def _step(instruction: Instruction, version: DockerImport) -> _Step:
    _check_name(instruction, version)
    return _INSTRUCTIONS[instruction.name.lower()](instruction, version)


# --- what instructions need


def _flags(
    instruction: Instruction, version: DockerImport, known: tuple[str, ...] = ()
) -> dict[str, str]:
    """The flags of an instruction, by name."""
    found: dict[str, str] = {}
    for flag in instruction.flags:
        name, equals, value = flag[2:].partition("=")
        if name not in known:
            raise ImportRefusedError(version.unknown_flag(name, known))
        if name in found:
            raise ImportRefusedError(version.repeated_flag.format(name=name))
        if not equals:
            raise ImportRefusedError(version.flag_without_value.format(name=name))
        found[name] = value
    return found


def _at_least_one(instruction: Instruction) -> tuple[str, ...]:
    if not instruction.arguments:
        raise ImportRefusedError(f"{instruction.name.upper()} requires at least one argument")
    return instruction.arguments


def _exactly_one(instruction: Instruction) -> str:
    if len(instruction.arguments) != 1:
        raise ImportRefusedError(f"{instruction.name.upper()} requires exactly one argument")
    return instruction.arguments[0]


def _command(instruction: Instruction) -> tuple[str, ...] | None:
    """The command line of CMD or ENTRYPOINT; without JSON the shell runs it."""
    if instruction.is_json:
        return instruction.arguments
    return (*_SHELL, *instruction.arguments)


def _named_values(instruction: Instruction) -> list[tuple[str, str]]:
    arguments = _at_least_one(instruction)
    pairs = list(zip(arguments[::2], arguments[1::2], strict=True))
    if not all(name for name, _ in pairs):
        raise ImportRefusedError(f"{instruction.name.upper()} names can not be blank")
    return pairs


# --- the instructions


def _cmd(instruction: Instruction, version: DockerImport) -> _Step:
    _flags(instruction, version)

    def apply(state: _State) -> _State:
        has_cmd = state.has_cmd or bool(instruction.arguments)
        return state.having(cmd=_command(instruction))._replace(has_cmd=has_cmd)

    return apply


def _entrypoint(instruction: Instruction, version: DockerImport) -> _Step:
    _flags(instruction, version)
    entrypoint = _command(instruction) if instruction.arguments else None

    def apply(state: _State) -> _State:
        cmd = state.config.cmd if state.has_cmd else None
        return state.having(entrypoint=entrypoint, cmd=cmd)

    return apply


def _env(instruction: Instruction, version: DockerImport) -> _Step:
    _flags(instruction, version)
    pairs = _named_values(instruction)

    def apply(state: _State) -> _State:
        variables = state.variables()
        word = partial(state.lexer.word, variables=variables)
        changed = {**variables, **{word(name): word(value) for name, value in pairs}}
        return state.having(env=tuple(f"{name}={value}" for name, value in changed.items()))

    return apply


def _label(instruction: Instruction, version: DockerImport) -> _Step:
    _flags(instruction, version)
    pairs = _named_values(instruction)

    def apply(state: _State) -> _State:
        labels = {state.word(name): state.word(value) for name, value in pairs}
        return state.having(labels={**state.config.labels, **labels})

    return apply


def _expose(instruction: Instruction, version: DockerImport) -> _Step:
    arguments = sorted(_at_least_one(instruction))
    _flags(instruction, version)

    def apply(state: _State) -> _State:
        variables = state.variables()
        words = [word for each in arguments for word in state.lexer.words(each, variables)]
        ports = exposed_ports(words, version.parse_port)
        return state.having(exposed_ports=tuple(sorted(ports.union(state.config.exposed_ports))))

    return apply


def _user(instruction: Instruction, version: DockerImport) -> _Step:
    user = _exactly_one(instruction)
    _flags(instruction, version)
    return lambda state: state.having(user=state.word(user))


def _volume(instruction: Instruction, version: DockerImport) -> _Step:
    arguments = _at_least_one(instruction)
    _flags(instruction, version)
    paths = tuple(argument.strip(SPACE) for argument in arguments)
    _refuse_empty_volume(paths)

    def apply(state: _State) -> _State:
        words = tuple(map(state.word, paths))
        _refuse_empty_volume(words)
        return state.having(volumes=tuple(sorted({*state.config.volumes, *words})))

    return apply


def _refuse_empty_volume(paths: tuple[str, ...]) -> None:
    if "" in paths:
        raise ImportRefusedError("VOLUME specified can not be an empty string")


def _workdir(instruction: Instruction, version: DockerImport) -> _Step:
    requested = _exactly_one(instruction)
    _flags(instruction, version)

    def apply(state: _State) -> _State:
        path = state.word(requested)
        if not path:
            raise ImportRefusedError("cannot normalize nothing")
        if path.startswith("/") and not version.cleans_workdir:
            return state.having(working_dir=path)
        return state.having(working_dir=_joined(state.config.working_dir, path))

    return apply


def _joined(current: str, path: str) -> str:
    """An absolute, cleaned path."""
    start = "/" if path.startswith("/") else f"/{current}/"
    return "/" + posixpath.normpath(start + path).lstrip("/")


def _stop_signal(instruction: Instruction, version: DockerImport) -> _Step:
    del version
    given = _exactly_one(instruction)

    def apply(state: _State) -> _State:
        signal = state.word(given)
        if signal_number(signal) is None:
            raise ImportRefusedError(f"invalid signal: {signal}")
        return state.having(stop_signal=signal)

    return apply


def _on_build(instruction: Instruction, version: DockerImport) -> _Step:
    trigger = _at_least_one(instruction)[0].strip(SPACE).upper()
    _flags(instruction, version)
    if trigger == "ONBUILD":
        raise ImportRefusedError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("MAINTAINER", "FROM"):
        raise ImportRefusedError(f"{trigger} isn't allowed as an ONBUILD trigger")
    heredocs = "".join(f"\n{each.content}{each.name}" for each in instruction.heredocs)
    text = _ONBUILD.sub("", instruction.original, count=1) + heredocs
    return lambda state: state.having(on_build=(*state.config.on_build, text))


def _healthcheck(instruction: Instruction, version: DockerImport) -> _Step:
    kind, *arguments = _at_least_one(instruction)
    if kind.upper() == "NONE":
        if arguments:
            raise ImportRefusedError("HEALTHCHECK NONE takes no arguments")
        none = Healthcheck(("NONE",))
        return lambda state: state.having(healthcheck=none)
    flags = _flags(instruction, version, (*version.intervals, "retries"))
    if kind.upper() != "CMD":
        raise ImportRefusedError(f"Unknown type {quote(kind.upper())} in HEALTHCHECK (try CMD)")
    if not arguments:
        raise ImportRefusedError("Missing command after HEALTHCHECK CMD")
    test = ("CMD" if instruction.is_json else "CMD-SHELL", *arguments)
    healthcheck = Healthcheck(
        test,
        **{name.replace("-", "_"): _interval(name, flags, version) for name in version.intervals},
        retries=_retries(flags, version),
    )
    return lambda state: state.having(healthcheck=healthcheck)


def _interval(name: str, flags: Mapping[str, str], version: DockerImport) -> int:
    text = flags.get(name, "")
    if not text:
        return 0
    try:
        duration = parse_duration(text)
    except GoError as error:
        raise ImportRefusedError(str(error)) from error
    if duration < _MILLISECOND and (duration or not version.accepts_zero_interval):
        raise ImportRefusedError(f"Interval {quote(name)} cannot be less than 1ms")
    return duration


def _retries(flags: Mapping[str, str], version: DockerImport) -> int:
    text = flags.get("retries", "")
    if not text:
        return 0
    try:
        number = parse_integer(text, "ParseInt", 32)
    except GoError as error:
        raise ImportRefusedError(str(error)) from error
    if number < version.fewest_retries:
        raise ImportRefusedError(version.retries_error.format(number=number))
    return number


_INSTRUCTIONS: dict[str, Callable[[Instruction, DockerImport], _Step]] = {
    "cmd": _cmd,
    "entrypoint": _entrypoint,
    "env": _env,
    "expose": _expose,
    "healthcheck": _healthcheck,
    "label": _label,
    "onbuild": _on_build,
    "stopsignal": _stop_signal,
    "user": _user,
    "volume": _volume,
    "workdir": _workdir,
}
