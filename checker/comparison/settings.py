"""The settings of an image that an export does not contain."""

from __future__ import annotations

import json
from collections.abc import Iterator

from checker.model.image import Image
from checker.records import NamedTuple

# Keys of the config object, with the instruction that sets each.
_INSTRUCTIONS = {
    "Cmd": "CMD",
    "Entrypoint": "ENTRYPOINT",
    "Env": "ENV",
    "User": "USER",
    "WorkingDir": "WORKDIR",
    "ExposedPorts": "EXPOSE",
    "Volumes": "VOLUME",
    "Labels": "LABEL",
    "Healthcheck": "HEALTHCHECK",
    "StopSignal": "STOPSIGNAL",
    "OnBuild": "ONBUILD",
    "Shell": "SHELL",
}
_LONGEST = 400


class Setting(NamedTuple):
    """A setting of an image.

    Attributes:
        instruction: The Dockerfile instruction that sets it, such as ``CMD``.
        value: Its value as JSON, cut after 400 characters.
    """

    instruction: str
    value: str


def settings_of(image: Image) -> tuple[Setting, ...]:
    """The settings that are not empty."""
    return tuple(_settings(image))


def _settings(image: Image) -> Iterator[Setting]:
    settings = {} if image.config is None else image.config.settings
    for key, instruction in _INSTRUCTIONS.items():
        value = settings.get(key)
        if value:
            text = json.dumps(value, ensure_ascii=False)
            yield Setting(instruction, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
