"""DKR009: a config whose file name does not match its digest."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Finding, Severity
from checker.patterns import pattern
from checker_docker.manifest_json import Item, ManifestJsonCheck, items_of

_NAMED = pattern(r"(?:^|[/:])(?P<hash>[0-9a-f]{64})(?:\.json)?$")


class ConfigNameMismatch(ManifestJsonCheck):
    """The file name of a config does not match its digest.

    What it means:
        The file name of a config is the SHA-256 digest of its content, which is also the image ID:
        `<hash>.json`, `sha256:<hash>` or `blobs/sha256/<hash>`. Here the content has another
        digest, so it was changed after the file was named. A name that is not a hash, as written by
        some build tools, is accepted.

    Why it matters:
        Engines do not compare the two. They load the image under another ID than the one in the
        archive, and anyone who pins the ID does not find the image.

    How to fix it:
        Find out what changed the config. To keep the change, rename the file and update its path in
        `manifest.json`:

            "Config": "<sha256sum of the file>.json"

    References:
        - Docker image specification v1.2, "Image ID"
        - go-containerregistry, pkg/v1/tarball/write.go: the config is named by its digest
    """

    id = "DKR009"
    name = "config-name-mismatch"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the names with the digests."""
        checked = _digests_checked(archive)
        for item in items_of(archive):
            path = item.item.config
            blob = archive.members.blob(path) if path else None
            match = _NAMED.search(path or "")
            if blob is None or match is None or not archive.has_all_of(blob):
                continue
            if blob.document is None or blob.document.error is not None:
                # No engine loads it.
                continue
            if match["hash"] != blob.digests["sha256"] and blob.path not in checked:
                yield self._report(item, blob, match["hash"])

    def _report(self, item: Item, blob: Blob, named: str) -> Finding:
        return self.finding(
            item.item,
            f"{item.label}: the config file name does not match its digest: the name says "
            f"{named}, the content hashes to {blob.digest}; engines use the digest as the image ID",
            at={"pointer": item.pointer("Config")},
            related=[blob.location],
        )


def _digests_checked(archive: Archive) -> frozenset[str]:
    """Paths of the configs that an OCI manifest references: OCI009 checks their digests."""
    manifests = () if archive.oci is None else archive.oci.manifests
    digests = (manifest.config.digest for manifest in manifests if manifest.config is not None)
    return frozenset(digest.blob_path for digest in digests if digest is not None)
