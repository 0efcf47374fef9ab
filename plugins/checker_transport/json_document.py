"""TRP006: a JSON document instead of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding
from checker.model.damage import SavedText, TextKind
from checker.model.names import INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT
from checker_transport.transport import TransportCheck

_DOCUMENTS = frozenset({MANIFEST_JSON, INDEX_JSON, OCI_LAYOUT})
_DIRECTORY = "check the directory that the file is in"


class JsonDocument(TransportCheck):
    """The file is a JSON document.

    What it means:
        The file contains JSON: the error of a registry or an artifact store, an image manifest
        alone, or the output of `docker inspect`. The message quotes the error, or says what the
        document describes.

    Why it matters:
        The download or command did not deliver the archive. An image manifest names the config and
        the layers by digest and does not contain them.

    How to fix it:
        For an error, log in or correct the address and download the file again. For a manifest,
        save the image with a tool that includes the layers:

            skopeo copy docker://registry.example/app:1 docker-archive:image.tar:app:1

    References:
        - OCI distribution-spec 1.1, "Error Codes"
        - OCI image-spec 1.1, manifest.md
    """

    id = "TRP006"
    name = "json-document"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report JSON."""
        damage = archive.damage
        if isinstance(damage, SavedText) and damage.kind is TextKind.JSON:
            yield self.finding(
                archive,
                f"the file is a JSON document ({damage.quote}), not an archive",
                at={"offset": 0},
                fix=_DIRECTORY if archive.path.rpartition("/")[2] in _DOCUMENTS else None,
            )
