"""DKR015: an archive in the format before manifest.json."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Command, Finding, Fix, Kind, Severity
from checker.checks.fix import quoted
from checker.model.image import mapping
from checker.model.names import MANIFEST_JSON

_MOST = 10


class LegacyFormat(Check):
    """The archive has neither a manifest.json nor an OCI layout, only the old format.

    What it means:
        Each directory is a layer with `json` and `layer.tar`, and `repositories` names the top
        layer. Docker before 1.10 saved images in this format.

    Why it matters:
        Docker up to 28 loads it. Docker 29 ("does not contain a manifest.json"), containerd, Podman
        and skopeo reject it.

    How to fix it:
        Load it with Docker up to 28 and save it again with the same version:

            docker load -i old.tar && docker save -o new.tar app:1

    References:
        - Docker image specification v1, "Combined Image JSON + Filesystem Changeset Format"
        - Docker 29.0 release notes: images in the format before 1.10 are no longer loaded
    """

    id = "DKR015"
    name = "legacy-format"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the kind."""
        if archive.kind is not Kind.DOCKER_ARCHIVE_LEGACY:
            return
        count = 0 if archive.docker is None else len(archive.docker.legacy_ids)
        yield self.finding(
            archive,
            f"the archive does not contain {MANIFEST_JSON}, only the old format of {count} "
            f"{'directory' if count == 1 else 'directories'} with json and layer.tar; Docker up to "
            "28 loads it, Docker 29, containerd, Podman and skopeo reject it",
            fix=Fix("let Docker 28 or earlier write it again", _resave(archive)),
        )


def _resave(archive: Archive) -> Command:
    """Load and save by the names of repositories, or by a placeholder if there are none."""
    blob = None if archive.docker is None else archive.docker.repositories
    value = None if blob is None or blob.document is None else blob.document.value
    names = [f"{name}:{tag}" for name, tags in mapping(value).items() for tag in mapping(tags)]
    words = quoted(*(names[:_MOST] or ["NAME"]))
    return Command(f"docker load -i FILE && docker save -o FIXED {words}")
