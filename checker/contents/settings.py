"""The settings of an image config, and their form as instructions of a Dockerfile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from checker.contents.records import Settings
from checker.model.image import Config, Json, integer, mapping, strings, text

_SECOND = 1_000_000_000
_LONGEST = 2**63 - 1  # nanoseconds; Docker decodes no config with a longer duration
_TIMES = (
    ("Interval", "interval"),
    ("Timeout", "timeout"),
    ("StartPeriod", "start-period"),
    ("StartInterval", "start-interval"),
)


def settings_of(config: Config) -> Settings:
    """The settings of a config (OCI image-spec 1.1, config.md; Docker image specification v1.2)."""
    given = config.settings
    return Settings(
        entrypoint=_words(config, "Entrypoint"),
        cmd=_words(config, "Cmd"),
        env=strings(given.get("Env")),
        user=text(given.get("User")) or None,
        working_dir=text(given.get("WorkingDir")) or None,
        exposed_ports=tuple(mapping(given.get("ExposedPorts"))),
        volumes=tuple(mapping(given.get("Volumes"))),
        labels={
            key: value
            for key, value in mapping(given.get("Labels")).items()
            if isinstance(value, str)
        },
        healthcheck=_healthcheck(mapping(given.get("Healthcheck"))),
        stop_signal=text(given.get("StopSignal")) or None,
        shell=strings(given.get("Shell")),
        onbuild=strings(given.get("OnBuild")),
    )


def _words(config: Config, key: str) -> tuple[str, ...] | None:
    return config.command_line(key) if config.settings.get(key) is not None else None


def _healthcheck(given: Json) -> str | None:
    test = strings(given.get("Test"))
    if not test:
        return None
    if test[0] == "NONE":
        return "NONE"
    options = [
        f"--{option}={_seconds(value)}"
        for key, option in _TIMES
        if (value := integer(given.get(key))) and abs(value) <= _LONGEST
    ]
    retries = integer(given.get("Retries"))
    options += [f"--retries={retries}"] if retries else []
    command = " ".join(test[1:]) if test[0] == "CMD-SHELL" else _listed(test[1:])
    return " ".join((*options, "CMD", command))


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / _SECOND:g}s"


def _listed(words: tuple[str, ...]) -> str:
    return json.dumps(list(words), ensure_ascii=False)


def instructions(found: Settings) -> Iterator[str]:
    """The settings as instructions of a Dockerfile, one for each value."""
    yield from _commands(found)
    yield from _identity(found)
    yield from (f"ENV {each}" for each in found.env)
    yield from _interfaces(found)
    if found.healthcheck is not None:
        yield f"HEALTHCHECK {found.healthcheck}"
    yield from _shell(found)
    yield from (f"ONBUILD {each}" for each in found.onbuild)
    yield from (f"LABEL {key}={value}" for key, value in found.labels.items())


def compact_instructions(found: Settings) -> Iterator[str]:
    """The settings on few lines, those of a kind on one line."""
    yield from _commands(found)
    yield from _joined(_identity(found))
    paths = tuple(each for each in found.env if each.startswith("PATH="))
    others = tuple(each for each in found.env if not each.startswith("PATH="))
    yield from (f"ENV {' '.join(each)}" for each in (paths, others) if each)
    yield from _joined(_interfaces(found))
    if found.healthcheck is not None:
        yield f"HEALTHCHECK {found.healthcheck}"
    yield from _shell(found)
    yield from _joined(f"ONBUILD {each}" for each in found.onbuild)
    if found.labels:
        labels = " ".join(f"{key}={value}" for key, value in found.labels.items())
        yield f"LABEL ({len(found.labels)}) {labels}"


def _joined(instructions: Iterable[str]) -> Iterator[str]:
    line = ", ".join(instructions)
    if line:
        yield line


def _commands(found: Settings) -> Iterator[str]:
    if found.entrypoint is not None:
        yield f"ENTRYPOINT {_listed(found.entrypoint)}"
    if found.cmd is not None:
        yield f"CMD {_listed(found.cmd)}"


def _identity(found: Settings) -> Iterator[str]:
    if found.user is not None:
        yield f"USER {found.user}"
    if found.working_dir is not None:
        yield f"WORKDIR {found.working_dir}"


def _interfaces(found: Settings) -> Iterator[str]:
    if found.exposed_ports:
        yield f"EXPOSE {' '.join(found.exposed_ports)}"
    if found.volumes:
        yield f"VOLUME {_listed(found.volumes)}"
    if found.stop_signal is not None:
        yield f"STOPSIGNAL {found.stop_signal}"


def _shell(found: Settings) -> Iterator[str]:
    if found.shell:
        yield f"SHELL {_listed(found.shell)}"
