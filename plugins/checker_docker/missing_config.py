"""DKR002: a config that manifest.json names and that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.entries import climbs_out
from checker_docker.manifest_json import damage_reason, items_of, no_manifest_reason, what_is_at


class MissingConfig(Check):
    """The config that manifest.json names is not in the archive.

    What it means:
        `Config` of an image in `manifest.json` is the path of a file in the archive. There is no
        file at that path, also not through links.

    Why it matters:
        No engine loads an image without its config: "no such file or directory", "image config …
        not found".

    How to fix it:
        Save the image again. If files were renamed or moved by hand, give the path as it is in the
        archive.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
    """

    id = "DKR002"
    name = "missing-config"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """What was not read cannot be missed."""
        return no_manifest_reason(archive) or damage_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look the configs up."""
        for item in items_of(archive):
            config = item.item.config
            problem = what_is_at(archive, config) if config and not climbs_out(config) else None
            if problem is not None:
                yield self.finding(
                    item.item,
                    f"{item.label}: its config {config} {problem}",
                    at={"pointer": item.pointer("Config")},
                )
