"""OCI013: a file among the blobs whose name is no digest."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import DIRECTORY
from checker.model.names import parse_digest
from checker_oci.documents import LayoutCheck

_BLOBS = "blobs/"


class InvalidBlobName(LayoutCheck):
    """A file under ``blobs`` is not called after a digest.

    What it means:
        Each file lies in ``blobs/ALGORITHM/ENCODED``, and the two make up a digest: ``sha256`` and
        64 digits or letters from a to f in lower case. Here a file lies directly in ``blobs`` or
        too deep, or its name is too short, in capitals, or has an ending.

    Why it matters:
        No descriptor can refer to such a file, so whatever it holds is lost to every reader.

    How to fix it:
        Rename it to what it hashes to (``sha256sum FILE``), or remove it. Notes and checksums
        belong beside ``blobs``, where other files are welcome.

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs"
        - OCI image-spec 1.1, descriptor.md, "Digests"
    """

    id = "OCI013"
    name = "invalid-blob-name"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the path of every file among the blobs."""
        entries = archive.entries
        directory = ord(DIRECTORY)
        for path, position in entries.by_path.items():
            if not path.startswith(_BLOBS) or entries.kinds[position] == directory:
                continue
            what = _unlike_digest(path.removeprefix(_BLOBS))
            if what is not None:
                yield self.finding(
                    archive,
                    f"{path} {what}; a blob lies in blobs/ALGORITHM/ENCODED, such as "
                    "blobs/sha256/ and 64 hex digits in lower case",
                    at={"member": entries[position].name, "offset": entries.offsets[position]},
                )


def _unlike_digest(path: str) -> str | None:
    algorithm, slash, encoded = path.partition("/")
    if not slash:
        return "lies beside the folders of the algorithms"
    if "/" in encoded:
        return "lies too deep"
    if parse_digest(f"{algorithm}:{encoded}") is not None:
        return None
    if parse_digest(f"{algorithm}:{encoded}".lower()) is not None:
        return "has capitals, which makes it no digest"
    return "is not called after a digest"
