"""HYG005: files put into an image with ADD, where COPY would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker.checks.finding import Finding, Severity
from checker.model.image import Config
from checker_hygiene.steps import Step, StepCheck, steps_of


class AddInsteadOfCopy(StepCheck):
    """Files are put into the image with ADD instead of COPY.

    What it means:
        The history has an ADD step. Passed over are the first step that made a layer, with which
        base images unpack their root filesystem, and an ADD whose source has the name of a tar,
        which it is there to unpack. Classic builders hide the source behind a hash, so that such a
        step may be right all the same.

    Why it matters:
        ADD fetches URLs and unpacks archives without being asked for it. What a download or a file
        that happens to be a tar puts into the image was seen by nobody.

    How to fix it:
        Use COPY for files. Fetch with ``ADD --checksum=sha256:… URL``, or in a RUN step that
        compares the checksum.

    References:
        - Docker, "Building best practices", ADD or COPY
        - dockle CIS-DI-0009; CIS Docker Benchmark, section 4.9
    """

    id = "HYG005"
    name = "add-instead-of-copy"
    severity = Severity.NOTE

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look at each step behind the first layer."""
        layered = [step for step in steps_of(config) if step.makes_layer]
        for step in layered[1:]:
            if step.instruction == "ADD" and not _unpacks().search(step.text):
                yield self.at_step(config, step, _what(step))


def _what(step: Step) -> str:
    if "://" not in step.text:
        return "uses ADD, where COPY would do what is written and no more"
    return "fetches a URL with ADD, and no checksum says what must come"


@cache
def _unpacks() -> re.Pattern[str]:
    """A source that ADD is there for: a tar that lies beside the Dockerfile, or a checked URL."""
    return re.compile(
        r"(?<!\S)(?!\w+://)\S+\.(?:tar(?:\.\w+)?|t[gbx]z2?)(?:\s|$)|--checksum",
        re.IGNORECASE,
    )
