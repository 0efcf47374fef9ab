"""OCI009: a blob that is not what its name says."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.blob import Blob
from checker.model.names import Digest, parse_digest
from checker_oci.documents import LayoutCheck, descriptors, place


class DigestMismatch(LayoutCheck):
    """A blob's content hashes to another digest than the one it is filed under.

    What it means:
        A layout keeps each content under its own digest: ``blobs/sha256/`` and the SHA-256 sum of
        its bytes. Here the bytes have another sum, so they were changed, cut or mixed up after
        the name was made. Blobs that nothing refers to must agree with their names as well.

    Why it matters:
        Nobody can tell what was meant to be there. Podman and skopeo compare while they read, and
        fail. containerd files content under what it hashes to, does not find the blob by the
        digest that the manifest gives, and fails or leaves it out.

    How to fix it:
        Fetch or write the archive again. Only if the content is right and the name is wrong,
        rename the blob to what it hashes to, and correct every descriptor of it.

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs"
        - OCI image-spec 1.1, descriptor.md, "Digests" and "Verification"
    """

    id = "OCI009"
    name = "digest-mismatch"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the digest of every blob that was read whole."""
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
    """Each blob of the layout, links and members of the same name included, by its name."""
    entries, members = archive.entries, archive.members
    for position, path in enumerate(entries.paths):
        digest = _digest_in(path)
        blob = members.blobs.get(position)
        if digest is not None and blob is None and entries.by_path[path] == position:
            blob = members.blob(path)
        if digest is not None and blob is not None:
            yield digest, blob


def _digest_in(path: str) -> Digest | None:
    """The digest that a path in ``blobs`` stands for."""
    folder, _, rest = path.partition("/")
    algorithm, slash, encoded = rest.partition("/")
    return parse_digest(f"{algorithm}:{encoded}") if folder == "blobs" and slash else None
