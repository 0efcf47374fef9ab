"""How old an image may be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from checker import Config, Image
from checker.records import NamedTuple
from checker_policy.parts import Keys, Problem
from checker_policy.values import Value

_AGE = re.compile(r"([0-9]{1,5}) ?(h|hours?|d|days?|w|weeks?)")
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class MostAge(NamedTuple):
    """How long ago an image may have been created.

    Attributes:
        age: How long.
        text: The same as it is written in the policy.
    """

    age: dt.timedelta
    text: str

    def of_config(self, image: Image, config: Config) -> Iterator[Problem]:
        """Compare ``created`` with the present time."""
        created = _moment(config.created)
        if created is None:
            shown = "not set" if config.created is None else f'"{config.created}"'
            unknown = f"the age of {image.label} is not known: created is {shown}"
            yield Problem(unknown, {"pointer": "/created"})
            return
        age = dt.datetime.now(tz=dt.UTC) - created
        if age > self.age:
            words = f"{image.label} was created {age.days:,} days ago, on {created:%Y-%m-%d}"
            yield Problem(f"{words}; at most {self.text} are allowed", {"pointer": "/created"})


def _moment(text: str | None) -> dt.datetime | None:
    """A time of RFC 3339; None if it is none, or one that Python cannot represent."""
    found = _TIME.fullmatch(text or "")
    if found is None:
        return None
    try:
        return dt.datetime.fromisoformat(f"{found[1]}{found[2]}".upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _age(value: Value) -> MostAge:
    text = value.text()
    found = _AGE.fullmatch(text)
    if found is None:
        value.fail("must be a number of hours, days or weeks, such as 90d")
    return MostAge(dt.timedelta(hours=int(found[1]) * _HOURS[found[2][0]]), text)


KEYS: Keys = {"max-age": _age}
