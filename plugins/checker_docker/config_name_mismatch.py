"""DKR009: a config whose name is another hash than its content has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from checker import Archive, Check, Finding, Severity
from checker.model.blob import Blob
from checker_docker.manifest_json import Item, items_of, no_manifest_reason


class ConfigNameMismatch(Check):
    """The config of an image is not named by its hash.

    What it means:
        The file name of a config is the sha256 of its content, which is the id of the image:
        `<hash>.json`, `sha256:<hash>` or `blobs/sha256/<hash>`. Here the content has another hash
        than its name, so it was changed after it was named. A name that is no hash at all, as some
        build tools give, is fine.

    Why it matters:
        No engine compares the two. They load the image under another id than the one that the
        archive names, and whoever pins the id does not find it.

    How to fix it:
        Find out who changed the config. To keep it, rename the file, and the path in
        `manifest.json`.

    References:
        - Docker image specification v1.2, "Image ID"
        - go-containerregistry, pkg/v1/tarball/write.go: the config is named by its digest
    """

    id = "DKR009"
    name = "config-name-mismatch"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without the file no config is named."""
        return no_manifest_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare names with hashes."""
        checked = _digests_checked(archive)
        for item in items_of(archive):
            path = item.item.config
            blob = archive.members.blob(path) if path else None
            match = _named().search(path or "")
            if blob is None or match is None or not archive.has_all_of(blob):
                continue
            if blob.document is None or blob.document.error is not None:
                # Nobody loads it, under no id.
                continue
            if match["hash"] != blob.digests["sha256"] and blob.path not in checked:
                yield self._report(item, blob, match["hash"])

    def _report(self, item: Item, blob: Blob, named: str) -> Finding:
        return self.finding(
            item.item,
            f"{item.label}: its config is named by the hash {named}, its content hashes to "
            f"{blob.digest}, and that is the id under which engines load it",
            at={"pointer": item.pointer("Config")},
            related=[blob.location],
        )


@cache
def _named() -> re.Pattern[str]:
    return re.compile(r"(?:^|[/:])(?P<hash>[0-9a-f]{64})(?:\.json)?$")


def _digests_checked(archive: Archive) -> frozenset[str]:
    """Paths of the configs that an OCI manifest names by digest: that is another rule's."""
    manifests = () if archive.oci is None else archive.oci.manifests
    digests = (manifest.config.digest for manifest in manifests if manifest.config is not None)
    return frozenset(digest.blob_path for digest in digests if digest is not None)
