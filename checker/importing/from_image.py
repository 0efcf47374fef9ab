"""The settings of an image that an export of its containers has lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.importing.expressing import Lost
from checker.importing.run_config import Healthcheck, RunConfig
from checker.model.image import Config, Image, Json, integer, mapping, strings, text
from checker.model.names import Platform
from checker.records import NamedTuple

_KEYS = frozenset(
    {
        *("Entrypoint", "Cmd", "Env", "ExposedPorts", "Healthcheck", "Labels", "OnBuild"),
        *("StopSignal", "User", "Volumes", "WorkingDir"),
    }
)
_MOST = 1000
"""Items of a list that are restored; a hostile config can have millions."""
_NO_OPTION = "no --change option sets it"


class ImageSettings(NamedTuple):
    """What an image says about its containers.

    Attributes:
        label: How messages call the image.
        config: The settings that ``--change`` knows.
        platform: The platform of the image.
        others: What it has besides, which an import cannot set.
    """

    label: str
    config: RunConfig
    platform: Platform | None
    others: tuple[Lost, ...]


def image_settings(image: Image) -> ImageSettings | None:
    """The settings of an image; None if its config is missing or not a JSON object."""
    if image.config is None:
        return None
    return ImageSettings(
        label=image.label,
        config=run_config_of(image.config.settings),
        platform=image.platform,
        others=tuple(_others(image, image.config)),
    )


def run_config_of(settings: Json) -> RunConfig:
    """The settings that ``--change`` knows, of the ``config`` object of an image config.

    Values of other types than those of the specification, which engines refuse, are left out.
    """
    return RunConfig(
        entrypoint=_words(settings.get("Entrypoint")) or None,
        cmd=_words(settings.get("Cmd")) or None,
        env=_strings(settings.get("Env")),
        exposed_ports=tuple(sorted(_keys(settings.get("ExposedPorts")))),
        healthcheck=_healthcheck(mapping(settings.get("Healthcheck"))),
        labels={
            _valid(name): _valid(value)
            for name, value in list(mapping(settings.get("Labels")).items())[:_MOST]
            if isinstance(value, str)
        },
        on_build=_strings(settings.get("OnBuild")),
        stop_signal=_valid(text(settings.get("StopSignal")) or ""),
        user=_valid(text(settings.get("User")) or ""),
        volumes=tuple(sorted(_keys(settings.get("Volumes")))),
        working_dir=_valid(text(settings.get("WorkingDir")) or ""),
    )


def _words(value: object) -> tuple[str, ...]:
    """A list of words; a string alone is one word."""
    return (_valid(value),) if isinstance(value, str) else _strings(value)


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(_valid, strings(value)[:_MOST]))


def _keys(value: object) -> tuple[str, ...]:
    return tuple(map(_valid, list(mapping(value))[:_MOST]))


def _valid(value: str) -> str:
    """The text as Go decodes it: with lone surrogates replaced."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _healthcheck(value: Mapping[str, object]) -> Healthcheck | None:
    test = _strings(value.get("Test"))
    found = Healthcheck(
        test=test,
        interval=integer(value.get("Interval")) or 0,
        timeout=integer(value.get("Timeout")) or 0,
        start_period=integer(value.get("StartPeriod")) or 0,
        start_interval=integer(value.get("StartInterval")) or 0,
        retries=integer(value.get("Retries")) or 0,
    )
    return None if found == Healthcheck(()) else found


def _others(image: Image, config: Config) -> Iterator[Lost]:
    for key, value in list(config.settings.items())[:_MOST]:
        if value and key not in _KEYS:
            yield Lost(key, _NO_OPTION)
        if isinstance(value, dict | list) and len(value) > _MOST:
            yield Lost(key, f"only {_MOST:,} of {len(value):,} are restored")
    document = mapping(config.document.value)
    for key in ("author", "os.version", "os.features"):
        if document.get(key):
            yield Lost(key, _NO_OPTION)
    if config.history:
        yield Lost("history", f"an import has one step, the image has {len(config.history):,}")
    if len(image.layers) > 1:
        yield Lost("layers", f"an import has one layer, the image has {len(image.layers):,}")
