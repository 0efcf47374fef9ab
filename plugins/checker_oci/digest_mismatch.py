"""OCI009: a blob whose content does not match the digest in its name."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Digest, Finding, Severity, parse_digest
from checker_oci.documents import LayoutCheck, descriptors, place


class DigestMismatch(LayoutCheck):
    """The content of a blob does not match the digest in its name.

    What it means:
        A layout stores content under its digest: ``blobs/sha256/`` and the SHA-256 digest of its
        bytes. Here the content has another digest, so it was modified, truncated or mixed up after
        the name was assigned. Blobs that are not referenced must match their names as well.

    Why it matters:
        The original content is unknown. Podman and skopeo verify the digest while they read, and
        fail. containerd stores content under its actual digest, does not find the blob by the
        digest in the manifest, and fails or leaves it out.

    How to fix it:
        Download or create the archive again. If the content is correct and the name is wrong,
        rename the blob and update every descriptor of it:

            mv blobs/sha256/OLD blobs/sha256/$(sha256sum < blobs/sha256/OLD | cut -d' ' -f1)

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs"
        - OCI image-spec 1.1, descriptor.md, "Digests" and "Verification"
    """

    id = "OCI009"
    name = "digest-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the digest of every blob that was read completely."""
        sizes = {each.digest: each for each in descriptors(archive) if each.size is not None}
        for digest, blob in _filed(archive):
            if blob.hashes_to(digest) is not False or not archive.has_all_of(blob):
                continue
            found = Digest(digest.algorithm, blob.digests[digest.algorithm])
            message = f"the content hashes to {found}, its name says {digest}"
            referrer = sizes.get(digest)
            if referrer is not None and referrer.size != blob.size:
                message += f"; it has {blob.size} bytes, {place(referrer)} says {referrer.size}"
            yield self.finding(
                blob,
                message,
                at={"digest": str(digest)},
                related=() if referrer is None else (referrer.location,),
            )


def _filed(archive: Archive) -> Iterator[tuple[Digest, Blob]]:
    """Each blob of the layout with the digest in its name, including links and duplicates."""
    entries, members = archive.entries, archive.members
    for position, path in enumerate(entries.paths):
        digest = _digest_in(path)
        blob = members.blobs.get(position)
        # A global header is an entry whose path is not that of a file.
        if digest is not None and blob is None and entries.by_path.get(path) == position:
            blob = members.blob(path)
        if digest is not None and blob is not None:
            yield digest, blob


def _digest_in(path: str) -> Digest | None:
    """The digest that a path in ``blobs`` represents."""
    directory, _, rest = path.partition("/")
    algorithm, slash, encoded = rest.partition("/")
    return parse_digest(f"{algorithm}:{encoded}") if directory == "blobs" and slash else None
