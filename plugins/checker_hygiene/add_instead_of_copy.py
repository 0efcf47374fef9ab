"""HYG005: files added to an image with ADD where COPY is sufficient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import Config, Finding, Severity
from checker.patterns import pattern
from checker_hygiene.steps import Step, StepCheck

# A legitimate source of ADD: a tar in the build context, or a URL with a checksum.
_UNPACKS = pattern(
    r"(?<!\S)(?!\w+://)\S+\.(?:tar(?:\.\w+)?|t[gbx]z2?)(?:\s|$)|--checksum",
    re.IGNORECASE,
)


class AddInsteadOfCopy(StepCheck):
    """Files are added to the image with ADD instead of COPY.

    What it means:
        The history has an ADD step. Ignored are the first step that created a layer, with which
        base images unpack their root filesystem, and an ADD whose source has the name of a tar,
        which ADD unpacks. Classic builders replace the source with a hash, so a reported step may
        be legitimate.

    Why it matters:
        ADD downloads URLs and unpacks archives implicitly. The content of a download, or of a file
        that happens to be a tar, is added to the image unchecked.

    How to fix it:
        Use COPY for files, and a checksum for downloads:

            before:  ADD https://example.org/app /bin/app
            after:   ADD --checksum=sha256:… https://example.org/app /bin/app

    References:
        - Docker, "Building best practices", ADD or COPY
        - dockle CIS-DI-0009; CIS Docker Benchmark, section 4.9
    """

    id = "HYG005"
    name = "add-instead-of-copy"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check each step after the first layer."""
        layered = [step for step in self.steps(config) if step.makes_layer]
        for step in layered[1:]:
            if step.instruction == "ADD" and not _UNPACKS.search(step.text):
                yield self.at_step(config, step, _what(step))


def _what(step: Step) -> str:
    if "://" not in step.text:
        return "uses ADD, where COPY is sufficient"
    return "downloads a URL with ADD and without a checksum"
