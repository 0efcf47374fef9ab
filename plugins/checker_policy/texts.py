"""Settings of an image that are texts: user, workdir and stop-signal."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Config, Image
from checker.model.image import text
from checker.records import NamedTuple
from checker_policy.expected import ExpectedText, read_expected
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value


class TextSetting(NamedTuple):
    """What a setting of the config must be.

    Attributes:
        field: Its name in the config.
        expected: What it must be.
    """

    field: str
    expected: ExpectedText

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Find what is wrong with the setting; an empty one is not set."""
        problem = self.expected.problem(text(config.settings.get(self.field)) or None)
        if problem is not None:
            yield Problem(
                f"{self.field} of {image.label} is {problem}", {"pointer": f"/config/{self.field}"}
            )


def _user(value: Value) -> TextSetting:
    return TextSetting("User", read_expected(value))


def _workdir(value: Value) -> TextSetting:
    return TextSetting("WorkingDir", read_expected(value))


def _stop_signal(value: Value) -> TextSetting:
    return TextSetting("StopSignal", read_expected(value))


KEYS: Keys = {"user": _user, "workdir": _workdir, "stop-signal": _stop_signal}
