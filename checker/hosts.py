"""Hosts as settings name them: ``OS/ARCH[/VARIANT][,storage=overlay|vfs][,rootless]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from checker.checks.platforms import ARCHITECTURES, OPERATING_SYSTEMS, VARIANTS, go_name
from checker.errors import SettingsError
from checker.isolation import described
from checker.suggestion import nearest
from checker.verdicts import Host, Storage

_FORM = "expected OS/ARCH[/VARIANT][,storage=overlay|vfs][,rootless], such as linux/arm64"
_PARTS = range(2, 4)
_LINUX = "linux"


def parse_host(text: object) -> Host:
    """The host that a text names.

    Raises:
        SettingsError: It has another form, or a part that is not known; with the nearest one.
    """
    if not isinstance(text, str):
        raise _refused(text, f"({_FORM})")
    platform, *keys = text.split(",")
    host = _platform(text, platform)
    if keys and host.os != _LINUX:
        raise _refused(text, "(only a linux host has a storage driver and rootless engines)")
    seen: set[str] = set()
    for written in keys:
        key, equals, value = written.partition("=")
        set_key = _KEYS.get(key)
        if set_key is None:
            raise _unknown(text, "key", key, _KEYS)
        if key in seen:
            raise _refused(text, f"({key} is given twice)")
        seen.add(key)
        host = set_key(host, text, value if equals else None)
    return host


def _platform(text: str, platform: str) -> Host:
    parts = platform.split("/")
    if len(parts) not in _PARTS or not all(parts):
        raise _refused(text, f"({_FORM})")
    os, architecture, *variant = parts
    _check(text, "operating system", os, OPERATING_SYSTEMS)
    _check(text, "architecture", architecture, ARCHITECTURES)
    if not variant:
        return Host(os, architecture)
    known = VARIANTS.get(architecture)
    if known is None:
        raise _refused(text, f"({architecture} has no variants)")
    _check(text, f"variant of {architecture}", variant[0], known)
    return Host(os, architecture, variant[0])


def _storage(host: Host, text: str, value: str | None) -> Host:
    try:
        return host._replace(storage=Storage(value or ""))
    except ValueError:
        raise _unknown(text, "storage driver", value or "", list(Storage)) from None


def _rootless(host: Host, text: str, value: str | None) -> Host:
    if value is not None:
        raise _refused(text, "(rootless takes no value)")
    return host._replace(rootless=True)


_KEYS: Mapping[str, Callable[[Host, str, str | None], Host]] = {
    "storage": _storage,
    "rootless": _rootless,
}


def _check(text: str, what: str, word: str, known: Iterable[str]) -> None:
    if word in known:
        return
    name = go_name(word)
    if name is not None and name in known:
        raise _refused(text, f"(unknown {what} {word!r}); did you mean {name!r}?")
    raise _refused(text, f"(unknown {what} {word!r}){nearest(word, sorted(known))}")


def _unknown(text: str, what: str, word: str, known: Iterable[str]) -> SettingsError:
    names: Sequence[str] = [str(each) for each in known]
    choice = f"choose from: {', '.join(names)}"
    return _refused(text, f"(unknown {what} {word!r}; {choice}){nearest(word, names)}")


def _refused(text: object, why: str) -> SettingsError:
    return SettingsError(f"invalid value {described(text)} {why}")
