"""The modelled versions of podman and skopeo; a new version is added here and nowhere else.

Each version has the build of containers/image and containers-storage that it contains.
"""

from __future__ import annotations

from collections.abc import Callable

from checker.model.compression import CompressionKind
from checker.model.entries import Entries
from checker.model.names import MediaType
from checker.records import NamedTuple
from checker_engines.containers.manifest_types import NEW_SHAPES, OLD_SHAPES, Shapes
from checker_engines.containers.specifiers import old_specifier_error, specifier_error
from checker_engines.filesystem.tar_split import Stop, find_old_stop, find_stop
from checker_engines.golang.fmt import quote


class Library(NamedTuple):
    """One build of the libraries.

    Attributes:
        shapes: The types that documents are decoded into.
        directory: The directory that an archive is extracted to, as messages show it.
        temporary: Shows a path in the temporary directory, given the path below it.
        quoted: Shows a name in messages.
        blob_name: Shows the blob of a layer in messages, given its digest and its diffID.
        refuses_wrong_diff_ids: Whether containers-storage compares diffIDs with the config's, as it
            does since podman 5.4.
        uses_programs: Whether containers-storage decompresses gzip with ``unpigz`` and zstd with
            ``zstd`` if they are installed.
        xz_checks: The checks of xz streams that its xz package knows, as numbers.
        loses_gzip_start: Whether docker-archive loses the first MiB of a gzip archive except eight
            bytes: its gzip reader (pgzip before 1.2.6) drops them after the detection.
        prefers_zstd: Whether an image with zstd layers is preferred to another one for the same
            platform.
        knows_artifacts: Whether the error for an artifact names its ``artifactType``.
        manifest_called: The media type that the error for an ambiguous OCI manifest names.
        docker_types: The media types that are allowed in a Docker manifest, for it and for layers.
        find_stop: Finds where tar-split ends a layer with an error.
        unpacking: Returns the error of a layer on an overlay, given how the process that unpacks it
            ended, what it printed, and the error of reading the rest.
        insufficient_ids: The error for an owner that the user namespace does not have
            (``Privileges.owner``).
        announces_signatures: Whether the end of a copy prints "Storing signatures".
        inspects_variant: Whether an inspection tells the variant of an image with an OCI manifest.
        specifier_error: The error for a platform, written as ``os/architecture/variant``.
    """

    shapes: Shapes
    directory: str
    temporary: Callable[[str], str]
    quoted: Callable[[str], str]
    blob_name: Callable[[str, str], str]
    refuses_wrong_diff_ids: bool
    uses_programs: bool
    xz_checks: frozenset[int]
    loses_gzip_start: bool
    prefers_zstd: bool
    knows_artifacts: bool
    manifest_called: str
    docker_types: frozenset[str]
    find_stop: Callable[[Entries], Stop | None]
    unpacking: Callable[[str, str, str | None], str]
    insufficient_ids: str
    announces_signatures: bool
    inspects_variant: bool
    specifier_error: Callable[[str], str | None]


class Podman(NamedTuple):
    """A version of podman (``podman load`` and ``podman import``).

    Attributes:
        name: Name of the profile.
        follows: The release whose source it models.
        library: The build of the libraries that it contains.
        names_by_path: Whether ``load`` derives a name from the path, which must be valid, before it
            looks for an image layout.
        opening_layout: The text before errors of opening a directory with an image layout.
        copying: The text before errors of a copy, with its ``{source}``.
        copying_layout: The same, where the source is an image layout.
        import_reads: The compressions that an import removes to determine the diffID.
        import_ignores_headers: Whether it takes data with an invalid header for uncompressed.
        names_pulled: Whether errors of a pulled image name the image, not what was typed.
    """

    name: str
    follows: str
    library: Library
    names_by_path: bool
    opening_layout: str
    copying: str
    copying_layout: str
    import_reads: frozenset[CompressionKind]
    import_ignores_headers: bool
    names_pulled: bool


class Skopeo(NamedTuple):
    """A version of skopeo (``skopeo copy``).

    Attributes:
        name: Name of the profile.
        follows: The release whose source it models.
        library: The build of the libraries that it contains.
    """

    name: str
    follows: str
    library: Library


_DOCKER_TYPES: frozenset[str] = frozenset(
    {
        MediaType.DOCKER_MANIFEST,
        MediaType.DOCKER_MANIFEST_LIST,
        MediaType.DOCKER_CONFIG,
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        MediaType.DOCKER_FOREIGN_LAYER,
        MediaType.DOCKER_FOREIGN_LAYER_GZIP,
        MediaType.DOCKER_LAYER,
        MediaType.DOCKER_LAYER_GZIP,
    },
)
"""Allowed in manifests of Docker's schema 2 (manifest.SupportedSchema2MediaType)."""


def _quote(name: str) -> str:
    return quote(name)


def _as_it_is(name: str) -> str:
    return name


def _masked(below: str) -> str:  # noqa: ARG001 - only the place of the directory is shown
    return "<tmp>"


def _whole(below: str) -> str:
    return f"<tmp>/{below}" if below else "<tmp>"


def _digest_alone(digest: str, diff_id: str) -> str:  # noqa: ARG001 - not shown
    return quote(digest)


def _with_diff_id(digest: str, diff_id: str) -> str:
    return f'{quote(digest)}/""/{quote(diff_id)}'


_INSUFFICIENT_IDS = (
    "potentially insufficient UIDs or GIDs available in user namespace (requested {{uid}}:{{gid}} "
    "for {{path}}): Check /etc/subuid and /etc/subgid if configured locally and run {command}: "
    "{{call}}"
)


def _processing(ended: str, printed: str, rest: str | None) -> str:  # noqa: ARG001 - not shown
    return f"processing tar file({printed}): {ended}"


def _unpacking(ended: str, printed: str, rest: str | None) -> str:
    failed = f"unpacking failed (error: {ended}; output: {printed})"
    return failed if rest is None else f"{failed}\nexhausting input failed (error: {rest})"


IMAGE_5_23 = Library(
    shapes=OLD_SHAPES,
    directory="<tmp>",
    temporary=_masked,
    quoted=_as_it_is,
    blob_name=_digest_alone,
    refuses_wrong_diff_ids=False,
    uses_programs=False,
    xz_checks=frozenset({1, 4, 10}),
    loses_gzip_start=True,
    prefers_zstd=False,
    knows_artifacts=False,
    manifest_called=MediaType.OCI_INDEX,
    docker_types=_DOCKER_TYPES,
    find_stop=find_old_stop,
    unpacking=_processing,
    insufficient_ids=_INSUFFICIENT_IDS.format(command="podman-system-migrate"),
    announces_signatures=True,
    inspects_variant=False,
    specifier_error=old_specifier_error,
)
"""containers/image v5.23 with containers-storage v1.43."""
IMAGE_5_39 = Library(
    shapes=NEW_SHAPES,
    directory="<tmp>",
    temporary=_whole,
    quoted=_quote,
    blob_name=_with_diff_id,
    refuses_wrong_diff_ids=True,
    uses_programs=True,
    xz_checks=frozenset({0, 1, 4, 10}),
    loses_gzip_start=False,
    prefers_zstd=True,
    knows_artifacts=True,
    manifest_called=MediaType.OCI_MANIFEST,
    docker_types=_DOCKER_TYPES | {MediaType.DOCKER_LAYER_ZSTD},
    find_stop=find_stop,
    unpacking=_unpacking,
    insufficient_ids=_INSUFFICIENT_IDS.format(command='"podman system migrate"'),
    announces_signatures=False,
    inspects_variant=True,
    specifier_error=specifier_error,
)
"""containers/image v5.39 with containers-storage v1.62."""
PODMANS = (
    Podman(
        name="podman-4",
        follows="4.3.1",
        library=IMAGE_5_23,
        names_by_path=True,
        opening_layout="initializing source oci:<tmp>:: ",
        copying="",
        copying_layout="",
        import_reads=frozenset({CompressionKind.GZIP}),
        import_ignores_headers=True,
        names_pulled=True,
    ),
    Podman(
        name="podman-5",
        follows="5.8.2",
        library=IMAGE_5_39,
        names_by_path=False,
        opening_layout="",
        copying="unable to copy from source {source}: ",
        copying_layout="unable to perform copy: unable to copy from source {source}: ",
        import_reads=frozenset(CompressionKind),
        import_ignores_headers=False,
        names_pulled=False,
    ),
)

SKOPEOS = (Skopeo(name="skopeo-1", follows="1.22.2", library=IMAGE_5_39),)

SKOPEO_1_9 = Skopeo(name="skopeo-1.9", follows="1.9.3", library=IMAGE_5_23)
"""The skopeo of Debian 12: not a profile, but verdicts are compared with it."""

PODMAN_5 = PODMANS[1]
"""The Podman that is run beside CRI-O."""

BUILDAHS = (PODMAN_5._replace(name="buildah-1", follows="1.42.2"),)
"""Buildah, which reads archives with the same library as podman (libimage)."""

BUILDAH_1_28 = PODMANS[0]._replace(name="buildah-1.28", follows="1.28.2")
"""The buildah of Debian 12: not a profile, but verdicts are compared with it."""
