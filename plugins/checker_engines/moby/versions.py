"""The modelled versions of Docker; a new version is added here and nowhere else.

``VERSIONS`` have the classic store, ``CONTAINERD_STORE_VERSIONS`` that of containerd.
"""

from __future__ import annotations

from collections.abc import Callable

from checker.model.compression import CompressionKind
from checker.model.entries import Entries
from checker.model.names import OLD_REFERENCE, REFERENCE, Grammar
from checker.records import NamedTuple
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.storage.overlay import Converter
from checker_engines.filesystem.tar_split import Stop, find_old_stop, find_stop
from checker_engines.golang.decompression import PROGRAM
from checker_engines.golang.json import Struct
from checker_engines.moby.archive import (
    CHROOT_20,
    CHROOT_28,
    CONVERTER_20,
    CONVERTER_28,
    CONVERTER_29,
    OS_ROOT,
    ROOTLESS_20,
    ROOTLESS_28,
    Rootless,
)
from checker_engines.moby.image_config import (
    CONFIG_20,
    CONFIG_28,
    CONFIG_29,
    LEGACY_CONFIG_20,
    LEGACY_CONFIG_28,
)


class ExtractionErrors(NamedTuple):
    """Templates for the errors of an extraction, with the ``{error}`` of the extracting process.

    Attributes:
        archive: An error in an entry of the archive, or of a layer on an overlay, or in its tar.
        archive_end: An error after that was extracted.
        layer: An error in an entry of a layer that is applied onto others, or in its tar.
        layer_end: An error after that layer was extracted; ``{size}`` is the sum of the sizes of
            its entries, in bytes.
    """

    archive: str = "{error}"
    archive_end: str = "{error}"
    layer: str = "{error}"
    layer_end: str = "{error}"

    def after_archive(self, error: str) -> str:
        """The message for an error after an archive, or a layer on an overlay, was extracted."""
        # What a program prints ends with a line break.
        printed = f"{error} " if error.startswith(PROGRAM) else error
        return self.archive_end.format(error=printed)


class Version(NamedTuple):
    """A version of Docker with the classic store.

    Attributes:
        name: Name of the profile.
        follows: The release whose source it models.
        dialect: The fork and version of ``pkg/archive``.
        converter: How it converts whiteouts for overlay2.
        rootless: What a rootless daemon may do.
        config: The Go type of the image config.
        legacy_config: The Go type of the config of a layer without ``manifest.json``.
        decompresses: The compressions that it recognises.
        extraction_errors: The messages of errors during an extraction.
        manifest_prefix: The text before an error in ``manifest.json``.
        refuses_null_manifest: Whether a ``manifest.json`` that is ``null`` is refused; else
            nothing is loaded.
        loads_legacy: Whether it loads archives without ``manifest.json``.
        crashes_on_foreign_os: Whether an image for an operating system other than Windows and that
            of the host crashes the daemon, and names of operating systems are case-sensitive.
        references: The grammar of references.
        tar_split: Finds the first entry of a layer that tar-split refuses.
        extracts_in_process: Whether the daemon extracts layers itself, not in another process.
        reads_archive_to_end: Whether damage after the end of the archive's tar is an error.
        reads_layers_to_end: Whether damage after the end of a layer's tar is an error.
        reports_decompression: Whether the error of a truncated tar is that of the decompressor.
    """

    name: str
    follows: str
    dialect: Dialect
    converter: Converter
    rootless: Rootless
    config: Struct
    legacy_config: Struct
    decompresses: frozenset[CompressionKind]
    extraction_errors: ExtractionErrors
    manifest_prefix: str
    refuses_null_manifest: bool
    loads_legacy: bool
    crashes_on_foreign_os: bool
    references: Grammar
    tar_split: Callable[[Entries], Stop | None]
    extracts_in_process: bool
    reads_archive_to_end: bool
    reads_layers_to_end: bool
    reports_decompression: bool


class ContainerdStoreVersion(NamedTuple):
    """A version of Docker with containerd's image store.

    Attributes:
        name: Name of the profile.
        follows: The release whose source it models.
    """

    name: str
    follows: str


DOCKER_20 = Version(
    name="docker-20.10",
    follows="20.10.24",
    dialect=CHROOT_20,
    converter=CONVERTER_20,
    rootless=ROOTLESS_20,
    config=CONFIG_20,
    legacy_config=LEGACY_CONFIG_20,
    decompresses=frozenset(CompressionKind) - {CompressionKind.ZSTD},
    extraction_errors=ExtractionErrors(
        archive="Error processing tar file(exit status 1): {error}",
        archive_end="Error processing tar file({error}):",
        layer="ApplyLayer exit status 1 stdout:  stderr: {error}",
        layer_end='ApplyLayer {error} stdout: {{"layerSize":{size}}} stderr:',
    ),
    manifest_prefix="",
    refuses_null_manifest=False,
    loads_legacy=True,
    crashes_on_foreign_os=True,
    references=OLD_REFERENCE,
    tar_split=find_old_stop,
    extracts_in_process=False,
    reads_archive_to_end=True,
    reads_layers_to_end=True,
    reports_decompression=False,
)
DOCKER_28 = Version(
    name="docker-28",
    follows="28.5.2",
    dialect=CHROOT_28,
    converter=CONVERTER_28,
    rootless=ROOTLESS_28,
    config=CONFIG_28,
    legacy_config=LEGACY_CONFIG_28,
    decompresses=frozenset(CompressionKind),
    extraction_errors=ExtractionErrors(),
    manifest_prefix="",
    refuses_null_manifest=True,
    loads_legacy=True,
    crashes_on_foreign_os=False,
    references=REFERENCE,
    tar_split=find_stop,
    extracts_in_process=True,
    reads_archive_to_end=False,
    reads_layers_to_end=False,
    reports_decompression=True,
)
DOCKER_29 = DOCKER_28._replace(
    name="docker-29-graphdriver",
    follows="29.7.2",
    dialect=OS_ROOT,
    converter=CONVERTER_29,
    config=CONFIG_29,
    manifest_prefix="invalid archive: failed to decode manifest.json: ",
    loads_legacy=False,
    reads_layers_to_end=True,
)
VERSIONS = (DOCKER_20, DOCKER_28, DOCKER_29)

CONTAINERD_STORE_VERSIONS = (ContainerdStoreVersion(name="docker-29-containerd", follows="29.7.2"),)
