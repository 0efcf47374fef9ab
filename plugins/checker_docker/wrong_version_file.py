"""DKR019: a VERSION file that does not contain 1.0."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Kind, Severity

# Digests of "1.0", without and with a line end: the content itself is not kept.
_DIGESTS = frozenset(
    {
        "d0ff5974b6aa52cf562bea5921840c032a860a91a3512f7fe8f768f6bbe005f6",
        "5717e7c840171019a4eeab5b79a7f894a4986eaff93d04ec5b12c9a189f594bf",
    },
)
_KINDS = frozenset({Kind.DOCKER_ARCHIVE, Kind.DOCKER_ARCHIVE_LEGACY, Kind.DOCKER_OCI_ARCHIVE})


class WrongVersionFile(Check):
    """The VERSION file of a layer's directory does not contain 1.0.

    What it means:
        The directory of a layer, with `json` and `layer.tar`, contains a file `VERSION` with the
        format version of `json`. The only version is `1.0`.

    Why it matters:
        Current engines do not read the file. Other content means that the archive was not written
        by an engine, or that it was damaged.

    How to fix it:
        Save the image again.

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
    """

    id = "DKR019"
    name = "wrong-version-file"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the file in each directory."""
        if archive.kind not in _KINDS:
            return
        members = archive.members
        for path in archive.entries.by_path:
            directory, _, base = path.rpartition("/")
            if base != "VERSION" or f"{directory}/layer.tar" not in members:
                continue
            blob = members.blob(path)
            if blob is None or not archive.has_all_of(blob):
                continue
            if blob.digests["sha256"] not in _DIGESTS:
                message = f"{path} ({blob.size} bytes) does not contain the version 1.0"
                yield self.finding(blob, message)
