"""DKR002: a config that manifest.json references and that is not in the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import climbs_out
from checker_docker.manifest_json import WholeManifestJsonCheck, items_of, what_is_at


class MissingConfig(WholeManifestJsonCheck):
    """The config that manifest.json references is not in the archive.

    What it means:
        `Config` of an image in `manifest.json` is the path of a file in the archive. The archive
        does not contain a file at this path, also not through links.

    Why it matters:
        Engines cannot load an image without its config: "no such file or directory", "image config
        … not found".

    How to fix it:
        Save the image again. If files were renamed or moved by hand, correct the path.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
    """

    id = "DKR002"
    name = "missing-config"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look up the configs."""
        for item in items_of(archive):
            config = item.item.config
            problem = what_is_at(archive, config) if config and not climbs_out(config) else None
            if problem is not None:
                yield self.finding(
                    item.item,
                    f"{item.label}: the config {config} {problem}; engines that read "
                    "manifest.json reject the image",
                    at={"pointer": item.pointer("Config")},
                )
