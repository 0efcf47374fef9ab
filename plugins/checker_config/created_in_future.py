"""CFG006: an image that is yet to be made."""

from __future__ import annotations

import time
from collections.abc import Iterator

from checker.checks.annotations import is_date_time
from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.document import pointer
from checker.model.image import Config, text
from checker_config.configs import label

_DAY = 86_400  # seconds: more than any two time zones, and any clock in use, are apart


class CreatedInFuture(Check):
    """An image says that it was made in the future.

    What it means:
        ``created`` of the config, or of an entry of its history, is a date that is more than a day
        ahead of this machine's clock.

    Why it matters:
        A clock is wrong, that of the builder or the one here. Tools that keep the newest image, or
        remove old ones, go by this date.

    How to fix it:
        Set the clock of the machine that builds, or give the date on purpose
        (``SOURCE_DATE_EPOCH``), and build again.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (created, history)
    """

    id = "CFG006"
    name = "created-in-future"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Compare the dates with the clock: first of the image, then of its history."""
        limit = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + _DAY))
        dates = [("/created", config.created)]
        dates += [
            (pointer("history", i, "created"), text(entry.get("created")))
            for i, entry in enumerate(config.history)
        ]
        for place, date in dates:
            if date is not None and _is_after(date, limit):
                yield self.finding(
                    config,
                    f"{label(config)}: {place} is {date}; it is not yet {limit}Z",
                    at={"pointer": place},
                )
                return


def _is_after(date: str, limit: str) -> bool:
    """Whether a date, its time zone aside, comes after another; malformed ones are CFG001's."""
    return date[: len(limit)].upper() > limit and is_date_time(date)
