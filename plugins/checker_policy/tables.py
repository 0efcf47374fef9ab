"""Settings of an image that have names and values: env and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker import Config, Image
from checker.model.document import pointer
from checker.model.image import mapping
from checker.records import NamedTuple
from checker_policy.expected import ExpectedText, read_expected
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value


class Environment(NamedTuple):
    """What variables of the environment must be, by name."""

    expected: Mapping[str, ExpectedText]

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find what is wrong with the environment."""
        for name, expected in self.expected.items():
            problem = expected.problem(config.env.get(name))
            if problem is not None:
                at = "/config/Env"
                yield Problem(f"{name} in Env of {image.label} is {problem}", {"pointer": at})


class Labels(NamedTuple):
    """What labels must be, by key."""

    expected: Mapping[str, ExpectedText]

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find what is wrong with the labels; a value that is no string is not set."""
        labels = mapping(config.settings.get("Labels"))
        for key, expected in self.expected.items():
            value = labels.get(key)
            problem = expected.problem(value if isinstance(value, str) else None)
            if problem is not None:
                at = pointer("config", "Labels", key) if key in labels else "/config/Labels"
                yield Problem(f"label {key} of {image.label} is {problem}", {"pointer": at})


def _read(value: Value) -> dict[str, ExpectedText]:
    found = {name: read_expected(item) for name, item in value.table().items()}
    return found or value.fail("must not be empty")


def _environment(value: Value) -> Environment:
    return Environment(_read(value))


def _labels(value: Value) -> Labels:
    return Labels(_read(value))


KEYS: Keys = {"env": _environment, "labels": _labels}
