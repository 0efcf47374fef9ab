"""What a container runs: cmd, entrypoint and healthcheck."""

from __future__ import annotations

import json
from collections.abc import Iterator

from checker import Config, Image
from checker.model.image import mapping, strings
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value


class CommandLine(NamedTuple):
    """What ``Cmd`` or ``Entrypoint`` must be.

    Attributes:
        field: Which of them.
        words: The words that it must have; None if any are right.
        is_set: Whether it must have words.
    """

    field: str
    words: tuple[str, ...] | None
    is_set: bool

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find what is wrong with the words."""
        found = config.command_line(self.field)
        at = f"/config/{self.field}"
        shown = f"{self.field} of {image.label} is {_shown(found)}"
        if self.words is not None and found != self.words:
            yield Problem(f"{shown}, expected {_shown(self.words)}", {"pointer": at})
        elif self.words is None and bool(found) is not self.is_set:
            wanted = "must be set" if self.is_set else "must not be set"
            yield Problem(f"{shown}, but {wanted}", {"pointer": at})


class Healthcheck(NamedTuple):
    """Whether an image must have a health check, and which words it must have."""

    words: tuple[str, ...] | None
    is_set: bool

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find what is wrong with the health check; NONE is the same as none."""
        test = strings(mapping(config.settings.get("Healthcheck")).get("Test"))
        has_one = bool(test) and test != ("NONE",)
        at = "/config/Healthcheck"
        if self.words is not None and test != self.words:
            found = f"Healthcheck of {image.label} is {_shown(test)}"
            yield Problem(f"{found}, expected {_shown(self.words)}", {"pointer": at})
        elif self.words is None and has_one is not self.is_set:
            has = "has no health check" if self.is_set else "has a health check"
            yield Problem(f"{image.label} {has}", {"pointer": at})


def _shown(words: tuple[str, ...]) -> str:
    return json.dumps(words, ensure_ascii=False) if words else "not set"


def _words(value: Value) -> tuple[tuple[str, ...] | None, bool]:
    """The words, and whether any must be there: of a list or a boolean."""
    if isinstance(value.raw, bool):
        return None, value.raw
    if not isinstance(value.raw, list | tuple):
        value.fail_type("a list of strings or a boolean")
    words = value.words()
    return words, bool(words)


def _cmd(value: Value) -> CommandLine:
    return CommandLine("Cmd", *_words(value))


def _entrypoint(value: Value) -> CommandLine:
    return CommandLine("Entrypoint", *_words(value))


def _healthcheck(value: Value) -> Healthcheck:
    return Healthcheck(*_words(value))


KEYS: Keys = {"cmd": _cmd, "entrypoint": _entrypoint, "healthcheck": _healthcheck}
