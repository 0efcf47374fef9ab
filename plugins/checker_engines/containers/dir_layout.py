"""The transport dir (containers/image v5.23 and v5.39, directory/directory_src.go).

``manifest.json`` is the manifest; the file ``version`` is not read by a source. Configs and layers
are named by the hexadecimal digits of their digests.
"""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.names import MANIFEST_JSON
from checker.model.work import Work
from checker.verdicts import Host
from checker_engines.answers.refusal import NO_IMAGE, Refusal
from checker_engines.containers.copy import SourceImage
from checker_engines.containers.manifest_formats import guess_media_type
from checker_engines.containers.oci_archive import OciArchive
from checker_engines.containers.versions import Library

_MANIFEST_LIST = (
    "it is the content of a Docker archive, not packed: of directories, only OCI layouts and dir: "
    "layouts are read"
)
_NO_MANIFEST = "manifest.json is not the manifest of an image"


class DirLayout(OciArchive):
    """An opened directory.

    Args:
        archive: The facts.
        library: The build.
        shown: The directory in messages, such as ``dir:<tmp>``.
        work: The work that is left.
    """

    def __init__(self, archive: Archive, library: Library, shown: str, work: Work) -> None:
        super().__init__(archive, library, shown, work)
        document = None if archive.docker is None else archive.docker.document
        self._is_list = document is not None and isinstance(document.value, list)

    def blob_path(self, digest: str) -> str:
        """The path of a config or layer, given its digest."""
        return digest.partition(":")[2]

    def manifest_path(self, digest: str) -> str:
        """The path of a manifest below an index, given its digest."""
        return f"{self.blob_path(digest)}.{MANIFEST_JSON}"

    def whole_image(self, host: Host) -> SourceImage:
        """The image of ``manifest.json``, through an index by platform.

        Raises:
            Refusal: It cannot be read.
        """
        step = f"determining manifest MIME type for {self._shown}: "
        position = self._file_at(MANIFEST_JSON)
        if position is None:
            reason = "it is a directory without index.json and manifest.json, not an image"
            raise Refusal(f"{step}{self._not_there(MANIFEST_JSON)}", reason, NO_IMAGE)
        raw = self._raw(position)
        return self.image_of(raw, guess_media_type(raw), {}, host)

    def _schema1_refusal(self, raw: bytes) -> Refusal:
        """The error for a document that is neither a manifest of OCI nor of schema 2."""
        refusal = super()._schema1_refusal(raw)
        return Refusal(refusal.message, _MANIFEST_LIST if self._is_list else _NO_MANIFEST)
