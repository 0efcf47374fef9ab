"""OCI013: a file in blobs whose name is not a digest."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity, parse_digest
from checker.model.entries import DIRECTORY
from checker_oci.documents import LayoutCheck

_BLOBS = "blobs/"


class InvalidBlobName(LayoutCheck):
    """The name of a file in ``blobs`` is not a digest.

    What it means:
        Each file has the path ``blobs/ALGORITHM/ENCODED``, and the two parts make up a digest:
        ``sha256`` and 64 lowercase hexadecimal digits. Here a file is directly in ``blobs`` or too
        deep, or its name is too short, uppercase, or has an extension.

    Why it matters:
        Descriptors cannot reference such a file, so readers cannot find its content.

    How to fix it:
        Rename the file to its digest (``sha256sum FILE``), or remove it. Other files, such as notes
        and checksums, are allowed outside of ``blobs``:

            blobs/sha256/layer.tar.gz
            blobs/sha256/4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945

    References:
        - OCI image-spec 1.1, image-layout.md, "Blobs"
        - OCI image-spec 1.1, descriptor.md, "Digests"
    """

    id = "OCI013"
    name = "invalid-blob-name"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the path of every file in ``blobs``."""
        entries = archive.entries
        directory = ord(DIRECTORY)
        for path, position in entries.by_path.items():
            if not path.startswith(_BLOBS) or entries.kinds[position] == directory:
                continue
            what = _unlike_digest(path.removeprefix(_BLOBS))
            if what is not None:
                yield self.finding(
                    archive,
                    f"{path} {what}; expected blobs/ALGORITHM/ENCODED, such as blobs/sha256/ and "
                    "64 lowercase hexadecimal digits",
                    at={"member": entries[position].name, "offset": entries.offsets[position]},
                )


def _unlike_digest(path: str) -> str | None:
    algorithm, slash, encoded = path.partition("/")
    if not slash:
        return "is directly in blobs"
    if "/" in encoded:
        return "is too deep in blobs"
    if parse_digest(f"{algorithm}:{encoded}") is not None:
        return None
    if parse_digest(f"{algorithm}:{encoded}".lower()) is not None:
        return "has uppercase letters, which a digest does not allow"
    return "does not have a digest as its name"
