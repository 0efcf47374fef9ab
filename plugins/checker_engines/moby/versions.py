"""The versions of Docker that are followed: the one place where one is added.

``VERSIONS`` have the classic store, ``CONTAINERD_STORE_VERSIONS`` that of containerd.
"""

from __future__ import annotations

from typing import NamedTuple

from checker.model.compression import CompressionKind
from checker_engines.filesystem.dialect import Dialect
from checker_engines.golang.json import Struct
from checker_engines.moby.archive import CHROOT_20, CHROOT_28, OS_ROOT
from checker_engines.moby.image_config import CONFIG_20, CONFIG_28, CONFIG_29


class ExtractionErrors(NamedTuple):
    """How the daemon shows errors of the process that extracts, ``{error}`` being that error.

    Attributes:
        archive: An entry of the archive, or its tar.
        archive_end: What is noticed when the process has read the archive.
        layer: An entry of a layer, or its tar.
        layer_end: What is noticed when the process has read a layer; ``{size}`` is the sum of the
            sizes of its entries, in bytes.
    """

    archive: str = "{error}"
    archive_end: str = "{error}"
    layer: str = "{error}"
    layer_end: str = "{error}"


class Version(NamedTuple):
    """A version of Docker with its classic store, and what differs between versions.

    Attributes:
        name: Name of the profile.
        follows: The release that it was read from.
        dialect: How it extracts.
        config: How it decodes configs.
        decompresses: The compressions that it recognises.
        extraction_errors: How it shows errors of extraction.
        manifest_prefix: What precedes an error in ``manifest.json``.
        refuses_null_manifest: Whether ``null`` for ``manifest.json`` is refused; else it loads
            nothing.
        loads_legacy: Whether it loads archives without ``manifest.json``.
        crashes_on_foreign_os: Whether an image for another operating system than Windows or the
            host's ends the daemon, names being compared letter by letter.
        quotes_wrong_names: Whether the error of a name with capital letters quotes it.
        reads_archive_to_end: Whether damage after the end of the archive's tar is an error.
        reads_layers_to_end: The same of a layer's tar.
        reports_decompression: Whether a cut tar is reported with the decompressor's error.
    """

    name: str
    follows: str
    dialect: Dialect
    config: Struct
    decompresses: frozenset[CompressionKind]
    extraction_errors: ExtractionErrors
    manifest_prefix: str
    refuses_null_manifest: bool
    loads_legacy: bool
    crashes_on_foreign_os: bool
    quotes_wrong_names: bool
    reads_archive_to_end: bool
    reads_layers_to_end: bool
    reports_decompression: bool


class ContainerdStoreVersion(NamedTuple):
    """A version of Docker with containerd's image store.

    Attributes:
        name: Name of the profile.
        follows: The release that it was read from.
    """

    name: str
    follows: str


DOCKER_20 = Version(
    name="docker-20.10",
    follows="20.10.24",
    dialect=CHROOT_20,
    config=CONFIG_20,
    decompresses=frozenset(CompressionKind) - {CompressionKind.ZSTD},
    extraction_errors=ExtractionErrors(
        archive="Error processing tar file(exit status 1): {error}",
        archive_end="Error processing tar file({error} ):",
        layer="ApplyLayer exit status 1 stdout:  stderr: {error}",
        layer_end='ApplyLayer {error} stdout: {{"layerSize":{size}}} stderr:',
    ),
    manifest_prefix="",
    refuses_null_manifest=False,
    loads_legacy=True,
    crashes_on_foreign_os=True,
    quotes_wrong_names=False,
    reads_archive_to_end=True,
    reads_layers_to_end=True,
    reports_decompression=False,
)
DOCKER_28 = Version(
    name="docker-28",
    follows="28.5.2",
    dialect=CHROOT_28,
    config=CONFIG_28,
    decompresses=frozenset(CompressionKind),
    extraction_errors=ExtractionErrors(),
    manifest_prefix="",
    refuses_null_manifest=True,
    loads_legacy=True,
    crashes_on_foreign_os=False,
    quotes_wrong_names=True,
    reads_archive_to_end=False,
    reads_layers_to_end=False,
    reports_decompression=True,
)
DOCKER_29 = DOCKER_28._replace(
    name="docker-29-graphdriver",
    follows="29.7.2",
    dialect=OS_ROOT,
    config=CONFIG_29,
    manifest_prefix="invalid archive: failed to decode manifest.json: ",
    loads_legacy=False,
    reads_layers_to_end=True,
)
VERSIONS = (DOCKER_20, DOCKER_28, DOCKER_29)

CONTAINERD_STORE_VERSIONS = (ContainerdStoreVersion(name="docker-29-containerd", follows="29.7.2"),)
