"""CFG006: an image with a creation date in the future."""

from __future__ import annotations

import time
from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.checks.annotations import is_date_time
from checker.model.document import pointer
from checker.model.image import text
from checker_config.configs import label
from checker_config.scopes import is_after, latest_date, written


class CreatedInFuture(Check):
    """An image has a creation date in the future.

    What it means:
        ``created`` of the config, or of an entry of its history, is more than one day ahead of the
        clock of the system that runs the check.

    Why it matters:
        One of the two clocks is wrong: that of the build system or that of this system. Tools that
        keep the newest image, or prune old ones, go by this date.

    How to fix it:
        Correct the clock of the build system, or set the date explicitly with
        ``SOURCE_DATE_EPOCH``, and rebuild the image:

            SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) docker buildx build .

    References:
        - OCI image-spec 1.1, config.md, "Properties" (created, history)
    """

    id = "CFG006"
    name = "created-in-future"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Compare the dates with the clock: first that of the image, then those of its history."""
        latest = latest_date()
        dates = [("/created", config.created)]
        dates += [
            (pointer("history", i, "created"), text(entry.get("created")))
            for i, entry in enumerate(config.history)
        ]
        for place, date in dates:
            # CFG001 reports malformed dates.
            if date is not None and is_after(date, latest) and is_date_time(date):
                yield self.finding(
                    config,
                    f"{label(config)}: {place} is {date}, more than one day after the current time "
                    f"({written(time.time())}Z)",
                    at={"pointer": place},
                )
                return
