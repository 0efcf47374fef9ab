"""The instructions of ``podman import --change``, and what they make of an image's settings.

Source: containers/common as vendored in podman 4.3.1 and 5.8.2, libimage/image_config.go
(ImageConfigFromChanges).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from checker.importing.errors import ImportRefusedError
from checker.importing.go_text import SPACE, GoError, decode_json, parse_integer, quote
from checker.importing.run_config import RunConfig
from checker.importing.signals import signal_number

_SHELL = ("/bin/sh", "-c")
_LARGEST_PORT = 65_535
_NO_VALUE = ()


def apply_changes(changes: Iterable[str]) -> RunConfig:
    """The settings of an image that is imported with some ``--change`` options.

    Args:
        changes: The options, in order.

    Raises:
        ImportRefusedError: Podman refuses one; the text is its error.
    """
    config = RunConfig()
    for change in changes:
        config = _apply(config, change)
    # containers/image writes a config of OCI, which lacks ONBUILD and has no empty lists.
    return config._replace(
        entrypoint=config.entrypoint or None, cmd=config.cmd or None, on_build=()
    )


def _apply(config: RunConfig, change: str) -> RunConfig:
    separator = " " if " " in change else "="
    name, found, value = change.partition(separator)
    if not found:
        raise _refused(change, "must be formatted as KEY VALUE")
    keyword = name.strip(SPACE).upper()
    apply = _INSTRUCTIONS.get(keyword)
    if apply is None:
        raise _refused(change, f"invalid instruction {keyword}")
    return apply(config, value.strip(SPACE), change)


def _refused(change: str, reason: str) -> ImportRefusedError:
    return ImportRefusedError(f"invalid change {quote(change)} - {reason}")


def _user(config: RunConfig, value: str, change: str) -> RunConfig:
    if not value:
        raise _refused(change, "must provide a value to USER")
    return config._replace(user=value)


def _expose(config: RunConfig, value: str, change: str) -> RunConfig:
    port, *protocols = value.split("/")
    if len(protocols) > 1:
        raise _refused(change, "EXPOSE port must be formatted as PORT[/PROTO]")
    try:
        number = parse_integer(port, "Atoi", 64)
    except GoError as error:
        raise _refused(change, f"EXPOSE port must be an integer: {error}") from error
    if not 0 < number <= _LARGEST_PORT:
        raise _refused(change, "EXPOSE port must be a valid port number")
    protocol = protocols[0].lower() if protocols else "tcp"
    if protocol not in ("tcp", "udp"):
        raise _refused(change, "EXPOSE protocol must be TCP or UDP")
    ports = {*config.exposed_ports, f"{number}/{protocol}"}
    return config._replace(exposed_ports=tuple(sorted(ports)))


def _env(config: RunConfig, value: str, change: str) -> RunConfig:
    name, _, content = value.partition("=")
    if not name:
        raise _refused(change, "ENV must have at least one argument")
    return config._replace(env=(*config.env, f"{_unquoted(name)}={_unquoted(content)}"))


def _label(config: RunConfig, value: str, change: str) -> RunConfig:
    name, equals, content = value.partition("=")
    if not equals:
        raise _refused(change, "LABEL must be formatted key=value")
    name = _unquoted(name)
    if not name:
        raise _refused(change, "LABEL must have a non-empty key")
    return config._replace(labels={**config.labels, name: _unquoted(content)})


def _unquoted(text: str) -> str:
    """A text without the double quotes around it."""
    if text.startswith('"') and text.endswith('"'):
        return text.removesuffix('"').removeprefix('"')
    return text


def _entrypoint(config: RunConfig, value: str, change: str) -> RunConfig:
    del change
    try:
        return config._replace(entrypoint=_strings(value))
    except GoError:
        return config._replace(entrypoint=(*_SHELL, value) if value else ())


def _cmd(config: RunConfig, value: str, change: str) -> RunConfig:
    del change
    try:
        return config._replace(cmd=_strings(value))
    except GoError:
        return config._replace(cmd=(*_SHELL, value) if value else _SHELL)


def _volume(config: RunConfig, value: str, change: str) -> RunConfig:
    try:
        paths = _strings(value) or _NO_VALUE
    except GoError:
        paths = tuple(value.split(" "))
    if not paths:
        raise _refused(change, "must provide at least one argument to VOLUME")
    if "" in paths:
        raise _refused(change, "VOLUME paths must not be empty")
    return config._replace(volumes=tuple(sorted({*config.volumes, *paths})))


def _strings(text: str) -> tuple[str, ...] | None:
    """A JSON array of strings; None for ``null``, and an empty string for a ``null`` in it.

    Raises:
        GoError: It is something else.
    """
    value = decode_json(text)
    if value is None:
        return None
    if not isinstance(value, list) or not all(
        item is None or isinstance(item, str) for item in value
    ):
        raise GoError("not an array of strings")
    return tuple(item or "" for item in value)


def _workdir(config: RunConfig, value: str, change: str) -> RunConfig:
    if not value:
        raise _refused(change, "must provide a non-empty WORKDIR")
    current = config.working_dir
    joined = posixpath.normpath(f"{current}/{value}" if current else value)
    # POSIX lets two slashes at the start mean something else; Go does not.
    return config._replace(working_dir=f"/{joined.lstrip('/')}" if joined[0] == "/" else joined)


def _stop_signal(config: RunConfig, value: str, change: str) -> RunConfig:
    number = signal_number(value)
    if number is None:
        reason = f"KILLSIGNAL must be given a valid signal: invalid signal: {value}"
        raise _refused(change, reason)
    return config._replace(stop_signal=str(number))


def _on_build(config: RunConfig, value: str, change: str) -> RunConfig:
    if not value:
        raise _refused(change, "ONBUILD must be given an argument")
    return config._replace(on_build=(*config.on_build, value))


_INSTRUCTIONS: dict[str, Callable[[RunConfig, str, str], RunConfig]] = {
    "USER": _user,
    "EXPOSE": _expose,
    "ENV": _env,
    "ENTRYPOINT": _entrypoint,
    "CMD": _cmd,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
    "LABEL": _label,
    "STOPSIGNAL": _stop_signal,
    "ONBUILD": _on_build,
}
