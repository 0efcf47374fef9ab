"""Settings of an image as ``--change`` options, so that an import restores them.

Each option is tried on the engine's parser: one that is refused, or that sets something else, is
left out, and its setting is among what is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator

from checker.importing.dockerfile import LONGEST_LINE
from checker.importing.engines import DOCKER, ImportEngine
from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import format_duration
from checker.importing.run_config import Healthcheck, RunConfig
from checker.importing.signals import signal_number
from checker.records import NamedTuple
from checker.typing_names import Any, TypeAlias

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]*", re.ASCII)
_LONGEST_OPTION = 131_071
"""Bytes of one argument of a program (Linux, MAX_ARG_STRLEN)."""
_TOO_LONG = "the option would be longer than Linux allows"
_NUL = "it contains a NUL character"
_LONG_LINE = "the instruction would be longer than a line may be for Docker"
_LINE_BREAK = "it contains a line break, which ends an instruction"
_NOT_SET = "--change cannot set it"
_OTHERWISE = "--change cannot set exactly this value"

Check = Callable[[RunConfig], bool]


class Lost(NamedTuple):
    """A setting that ``--change`` does not restore.

    Attributes:
        setting: Its name, as in the config: ``Env FOO``, ``Healthcheck``.
        reason: Why, as a clause.
    """

    setting: str
    reason: str


class Expressed(NamedTuple):
    """Settings as options.

    Attributes:
        changes: The options, in an order that works.
        lost: What they do not set.
    """

    changes: tuple[str, ...]
    lost: tuple[Lost, ...]


class _Option(NamedTuple):
    """An option that sets something.

    Attributes:
        setting: The name of what it sets.
        change: The option.
        is_set: Whether settings are those that it is meant to make.
    """

    setting: str
    change: str
    is_set: Check


def express(config: RunConfig, engine: ImportEngine) -> Expressed:
    """The options that give an imported image some settings.

    Args:
        config: The settings.
        engine: The engine that imports.
    """
    options = list(_docker_options(config) if engine.family == DOCKER else _podman_options(config))
    problems = {option: _problem(option, engine) for option in options}
    changes = tuple(option.change for option in options if problems[option] is None)
    lost = [
        Lost(option.setting, problem)
        for option in options
        if (problem := problems[option]) is not None
    ]
    made = engine.apply(changes)
    lost += _differences(config, made, {each.setting.partition(" ")[0] for each in lost})
    return Expressed(changes, tuple(lost))


def _problem(option: _Option, engine: ImportEngine) -> str | None:
    """Why an option does not set what it should."""
    if "\0" in option.change:
        return _NUL
    if len(option.change.encode("utf-8", "replace")) > _LONGEST_OPTION:
        return _TOO_LONG
    if engine.family == DOCKER and _longest_line(option.change) > LONGEST_LINE:
        return _LONG_LINE
    try:
        made = engine.apply((option.change,))
    except ImportRefusedError as error:
        if "\n" in option.change and engine.family == DOCKER:
            return _LINE_BREAK
        return f"{engine.name} refuses it: {error}"
    return None if option.is_set(made) else _OTHERWISE


def _longest_line(text: str) -> int:
    return max(len(line.encode("utf-8", "replace")) for line in text.split("\n"))


def _differences(wanted: RunConfig, made: RunConfig, known: set[str]) -> Iterator[Lost]:
    """What is not set after all options together, except what is known to be lost."""
    expected, found = wanted.settings(), _with_names(made, wanted).settings()
    for key, value in expected.items():
        if key not in known and value and found.get(key) != value:
            yield Lost(key, _NOT_SET if key not in found else _OTHERWISE)


def _with_names(made: RunConfig, wanted: RunConfig) -> RunConfig:
    """The settings with the signal spelled as in others, if it is the same signal."""
    same = signal_number(made.stop_signal) == signal_number(wanted.stop_signal)
    return made._replace(stop_signal=wanted.stop_signal) if same else made


# --- values of one setting

_Word: TypeAlias = Callable[[str], str]
"""Writes a text so that an engine reads it back."""


def _is(name: str, value: Any) -> Check:
    """Whether exactly one setting is made: a line break could begin another instruction."""
    return RunConfig()._replace(**{name: value}).__eq__


def _has_signal(signal: str) -> Check:
    number = signal_number(signal)
    return lambda config: config == RunConfig(stop_signal=str(number))


def _command(keyword: str, name: str, words: tuple[str, ...] | None) -> Iterator[_Option]:
    if words:
        change = f"{keyword} {_json(words)}"
        yield _Option(keyword.capitalize(), change, _is(name, words))


def _json(words: Iterable[str]) -> str:
    return json.dumps(list(words), ensure_ascii=False)


def _environment(config: RunConfig, word: _Word) -> Iterator[_Option]:
    for item in config.env:
        name, _, value = item.partition("=")
        change = f"ENV {word(name)}={word(value)}"
        yield _Option(f"Env {name}", change, _is("env", (item,)))


def _places(config: RunConfig, word: _Word) -> Iterator[_Option]:
    """Options for user, working directory, volumes and ports."""
    if config.working_dir:
        change = f"WORKDIR {word(config.working_dir)}"
        yield _Option("WorkingDir", change, _is("working_dir", config.working_dir))
    if config.user:
        yield _Option("User", f"USER {word(config.user)}", _is("user", config.user))
    for port in config.exposed_ports:
        yield _Option(f"ExposedPorts {port}", f"EXPOSE {port}", _is("exposed_ports", (port,)))
    for path in config.volumes:
        change = f"VOLUME {_json((word(path),))}"
        yield _Option(f"Volumes {path}", change, _is("volumes", (path,)))


def _labels(config: RunConfig, word: _Word) -> Iterator[_Option]:
    for name, value in config.labels.items():
        change = f"LABEL {word(name)}={word(value)}"
        yield _Option(f"Labels {name}", change, _is("labels", {name: value}))


# --- Docker


def _docker_options(config: RunConfig) -> Iterator[_Option]:
    # ENTRYPOINT removes the CMD of an image, so it is first.
    yield from _command("ENTRYPOINT", "entrypoint", config.entrypoint)
    yield from _command("CMD", "cmd", config.cmd)
    yield from _environment(config, _docker_word)
    yield from _places(config, _docker_word)
    yield from _labels(config, _docker_word)
    if config.healthcheck is not None:
        change = _healthcheck(config.healthcheck)
        yield _Option("Healthcheck", change, _is("healthcheck", config.healthcheck))
    if config.stop_signal:
        change = f"STOPSIGNAL {_docker_word(config.stop_signal)}"
        yield _Option("StopSignal", change, _is("stop_signal", config.stop_signal))
    for trigger in config.on_build:
        yield _Option("OnBuild", f"ONBUILD {trigger}", _is("on_build", (trigger,)))


def _docker_word(text: str) -> str:
    """A word that is read back as a text: in double quotes where it needs them."""
    return text if text and _PLAIN.fullmatch(text) else f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return re.sub(r'([\\"$])', r"\\\1", text)


def _healthcheck(healthcheck: Healthcheck) -> str:
    kind, *words = healthcheck.test or ("",)
    flags = {
        "interval": healthcheck.interval,
        "timeout": healthcheck.timeout,
        "start-period": healthcheck.start_period,
        "start-interval": healthcheck.start_interval,
    }
    options = [f"--{name}={format_duration(value)}" for name, value in flags.items() if value]
    options += [f"--retries={healthcheck.retries}"] if healthcheck.retries else []
    forms = {"CMD": f"CMD {_json(words)}", "CMD-SHELL": f"CMD {' '.join(words)}"}
    return " ".join(("HEALTHCHECK", *options, forms.get(kind, kind)))


# --- podman


def _podman_options(config: RunConfig) -> Iterator[_Option]:
    yield from _command("ENTRYPOINT", "entrypoint", config.entrypoint)
    yield from _command("CMD", "cmd", config.cmd)
    yield from _environment(config, _podman_word)
    yield from _places(config, str)  # they are read to the end of the line
    yield from _labels(config, _podman_word)
    if config.stop_signal:
        change = f"STOPSIGNAL {config.stop_signal}"
        yield _Option("StopSignal", change, _has_signal(config.stop_signal))


def _podman_word(text: str) -> str:
    """A word that is read back as a text: podman removes spaces and double quotes around it."""
    is_plain = text == text.strip() and not (text.startswith('"') and text.endswith('"'))
    return text if is_plain else f'"{text}"'
