"""DKR015: an archive of the form before manifest.json."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Kind, Severity
from checker.model.image import mapping
from checker.model.names import MANIFEST_JSON

_MOST = 10


class LegacyFormat(Check):
    """The archive has no manifest.json and no OCI layout, only folders of the old form.

    What it means:
        Each folder is a layer with `json` and `layer.tar`, and `repositories` names the topmost.
        Docker before 1.10 saved images so.

    Why it matters:
        Docker up to 28 loads it. Docker 29 ("does not contain a manifest.json"), containerd,
        Podman and skopeo refuse it.

    How to fix it:
        Load it with a Docker up to 28, and save it again with that: the commands are in the fix.

    References:
        - Docker image specification v1, "Combined Image JSON + Filesystem Changeset Format"
        - Docker 29.0 release notes: images of the form before 1.10 are no longer loaded
    """

    id = "DKR015"
    name = "legacy-format"
    severity = Severity.WARNING

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the kind."""
        if archive.kind is not Kind.DOCKER_ARCHIVE_LEGACY:
            return
        count = 0 if archive.docker is None else len(archive.docker.legacy_ids)
        yield self.finding(
            archive,
            f"there is no {MANIFEST_JSON}, only the old form of {count} "
            f"{'folder' if count == 1 else 'folders'} with json and layer.tar; Docker up to 28 "
            "loads that, Docker 29, containerd, Podman and skopeo refuse it",
            fix=f"docker load -i FILE && docker save -o MENDED {_names(archive)}",
        )


def _names(archive: Archive) -> str:
    """What to save again: the names that repositories gives, a placeholder if it gives none."""
    from shlex import quote

    blob = None if archive.docker is None else archive.docker.repositories
    value = None if blob is None or blob.document is None else blob.document.value
    names = [f"{name}:{tag}" for name, tags in mapping(value).items() for tag in mapping(tags)]
    return " ".join(map(quote, names[:_MOST])) or "NAME"
