"""Every archive that real engines make here: how it is made, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from .rootfs import build_rootfs, pack
from .takers import Taker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.engines.host import Host

ENV: Final = "PATH=/usr/bin:/bin"
CMD: Final = '["/bin/sh"]'
CHANGES: Final = ("--change", f"CMD {CMD}", "--change", f"ENV {ENV}")
SKOPEO: Final = ("skopeo", "--insecure-policy", "copy", "--quiet")
COMPRESSORS: Final = {"gzip": "gz", "bzip2": "bz2", "xz": "xz", "zstd": "zst"}

# Images in the stores, from `prepare`.
APP: Final = "app:1"
LAYERED: Final = "app:layers"
OTHER: Final = "other:1"
PODMAN_APP: Final = "localhost/app:1"
BUILDAH_APP: Final = "localhost/built:1"


@dataclass(frozen=True, slots=True)
class Workshop:
    """The host that makes archives, with a root filesystem and images in its stores.

    Attributes:
        host: Runs the commands.
        root: The root filesystem as a folder.
        packed: The same as a tar of GNU tar.
        container: Id of a created Docker container.
        podman_container: Id of a created Podman container.
    """

    host: Host
    root: Path
    packed: Path
    container: str
    podman_container: str


Make: TypeAlias = "Callable[[Workshop, Path], object]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One archive.

    Attributes:
        make: Writes it to the path that it is given.
        how: The command that makes it, for a person.
        kind: What it is.
        producer: Pattern that the name of its producer matches.
        takers: What must take it, with the engines of Debian 12.
        loadable: What may rightly be said about loading it.
        importable: What must be said about importing it.
        compression: That of the whole file.
        images: How many images it holds.
        restorable: Whether Debian 12's engines take it as it is.
    """

    make: Make
    how: str
    kind: str
    producer: str
    takers: tuple[Taker, ...]
    loadable: tuple[str, ...]
    importable: str = "no"
    compression: str | None = None
    images: int = 1
    restorable: bool = True


def prepare(host: Host) -> Workshop:
    """Build the root filesystem and the images that the archives are made of."""
    root = host.folder / "root"
    packed = host.folder / "root.tar"
    build_rootfs(root, (host.folder / "bin" / "busybox").resolve())
    pack(host, root, packed)
    host.must("docker", "import", *CHANGES, packed, APP)
    host.must("docker", "import", *CHANGES, "--change", "ENV OTHER=1", packed, OTHER)
    host.must("docker", "tag", APP, "app:2")
    container = host.must("docker", "create", APP)
    _commit_layers(host)
    host.must("podman", "import", "--quiet", *CHANGES, packed, PODMAN_APP)
    podman_container = host.must("podman", "create", PODMAN_APP)
    _build_with_buildah(host, root)
    return Workshop(host, root, packed, container, podman_container)


def _commit_layers(host: Host) -> None:
    """Put a layer that adds a file and one that replaces it on top of the image."""
    image = APP
    note = host.folder / "note"
    for number in (2, 3):
        note.write_text(f"layer {number}\n")
        container = host.must("docker", "create", image)
        host.must("docker", "cp", note, f"{container}:/etc/note")
        image = f"app:layer{number}"
        host.must("docker", "commit", "--change", f"ENV LAYER={number}", container, image)
    host.must("docker", "tag", image, LAYERED)


def _build_with_buildah(host: Host, root: Path) -> None:
    working = host.must("buildah", "from", "--name", "working", "scratch")
    host.must("buildah", "copy", "--quiet", working, root, "/")
    host.must("buildah", "config", "--cmd", CMD, "--env", ENV, working)
    host.must("buildah", "commit", "--quiet", working, BUILDAH_APP)


def docker_save(*images: str) -> Make:
    """Return a maker of `docker save`."""
    return lambda shop, path: shop.host.must("docker", "save", "--output", path, *images)


def docker_save_by_id(shop: Workshop, path: Path) -> None:
    """Save an image by its id, which leaves it without a name."""
    image = shop.host.must("docker", "image", "inspect", "--format", "{{.Id}}", APP)
    shop.host.must("docker", "save", "--output", path, image)


def docker_export(shop: Workshop, path: Path) -> None:
    """Export a created container."""
    shop.host.must("docker", "export", "--output", path, shop.container)


def podman_export(shop: Workshop, path: Path) -> None:
    """Export a created container."""
    shop.host.must("podman", "export", "--output", path, shop.podman_container)


def podman_save(form: str, *options: str) -> Make:
    """Return a maker of `podman save`."""
    save = ("podman", "save", "--quiet", "--format", form, *options)
    return lambda shop, path: shop.host.must(*save, "--output", path, PODMAN_APP)


def skopeo_copy(target: str, *options: str) -> Make:
    """Return a maker of `skopeo copy` out of a `docker save`.

    Args:
        target: Destination with `{}` for the path.
        options: Of `skopeo copy`.
    """

    def make(shop: Workshop, path: Path) -> None:
        saved = path.with_name(f"{path.name}.source")
        docker_save(LAYERED)(shop, saved)
        shop.host.must(*SKOPEO, *options, f"docker-archive:{saved}", target.format(path))

    return make


def skopeo_copy_uncompressed(shop: Workshop, path: Path) -> None:
    """Copy with layers left uncompressed.

    The source is an image with OCI media types: Skopeo 1.9 leaves `+gzip` in the media type of
    an uncompressed layer when it converts one from Docker's.
    """
    shop.host.must(
        *(*SKOPEO, "--dest-oci-accept-uncompressed-layers"),
        *(f"containers-storage:{BUILDAH_APP}", f"oci-archive:{path}:{APP}"),
    )


def buildah_push(target: str, *options: str) -> Make:
    """Return a maker of `buildah push`, with `{}` for the path."""
    return lambda shop, path: shop.host.must(
        "buildah", "push", "--quiet", *options, BUILDAH_APP, target.format(path)
    )


def buildah_commit(target: str, *options: str) -> Make:
    """Return a maker of `buildah commit`, with `{}` for the path."""
    return lambda shop, path: shop.host.must(
        "buildah", "commit", "--quiet", *options, "working", target.format(path)
    )


def umoci_layout(shop: Workshop, path: Path) -> None:
    """Build a layout folder with umoci."""
    image = f"{path}:app"
    for words in (
        ("init", "--layout", str(path)),
        ("new", "--image", image),
        ("insert", "--image", image, str(shop.root), "/"),
        ("config", "--image", image, "--config.cmd", "/bin/sh", "--config.env", ENV),
        ("gc", "--layout", str(path)),
    ):
        shop.host.must("umoci", *words)


def umoci_archive(shop: Workshop, path: Path) -> None:
    """Build a layout with umoci and pack it with GNU tar."""
    layout = path.with_name(f"{path.name}.layout")
    umoci_layout(shop, layout)
    pack(shop.host, layout, path)


def rootfs_tar(shop: Workshop, path: Path) -> None:
    """Pack the root filesystem."""
    pack(shop.host, shop.root, path)


def compressed(make: Make, program: str) -> Make:
    """Return a maker that compresses what another makes."""

    def make_compressed(shop: Workshop, path: Path) -> None:
        plain = path.with_name(f"{path.name}.plain")
        make(shop, plain)
        shop.host.must(program, "--keep", "--quiet", plain)
        plain.with_name(f"{plain.name}.{COMPRESSORS[program]}").rename(path)

    return make_compressed


DOCKER: Final = r"docker save"
CONTAINERS: Final = r"podman|skopeo"
BUILDAH: Final = r"buildah"
ANY_CONTAINERS: Final = r"podman|skopeo|buildah"
NO_ENGINE: Final = r"^(?!.*(docker|podman|skopeo|buildah|umoci|kaniko|crane|bazel|nix))"

TAKE_DOCKER_ARCHIVE: Final = (
    Taker.DOCKER_LOAD,
    Taker.PODMAN_LOAD,
    Taker.SKOPEO_DOCKER_ARCHIVE,
)
TAKE_OCI_ARCHIVE: Final = (Taker.PODMAN_LOAD, Taker.SKOPEO_OCI_ARCHIVE)
TAKE_LAYOUT: Final = (Taker.PODMAN_LOAD, Taker.SKOPEO_OCI)
TAKE_ROOTFS: Final = (Taker.DOCKER_IMPORT, Taker.PODMAN_IMPORT)

# With the programs of Debian 12: Docker 20.10 knows no zstd, and the Go libraries of Podman 4.3
# and Skopeo 1.9 fail on a docker-archive that gzip compressed (Podman 5 takes it).
TAKE_SAVED_COMPRESSED: Final = {
    "gzip": (Taker.DOCKER_LOAD,),
    "bzip2": TAKE_DOCKER_ARCHIVE,
    "xz": TAKE_DOCKER_ARCHIVE,
    "zstd": (Taker.PODMAN_LOAD, Taker.SKOPEO_DOCKER_ARCHIVE),
}
TAKE_ROOTFS_COMPRESSED: Final = {
    "gzip": TAKE_ROOTFS,
    "bzip2": TAKE_ROOTFS,
    "xz": TAKE_ROOTFS,
    "zstd": (Taker.PODMAN_IMPORT,),
}


def _docker_archive(make: Make, how: str, producer: str) -> Recipe:
    return Recipe(
        make=make,
        how=how,
        kind="docker-archive",
        producer=producer,
        takers=TAKE_DOCKER_ARCHIVE,
        loadable=("yes",),
    )


def _two_images() -> Recipe:
    return Recipe(
        make=docker_save(APP, OTHER),
        how=f"docker save {APP} {OTHER}",
        kind="docker-archive",
        producer=DOCKER,
        takers=(Taker.DOCKER_LOAD, Taker.PODMAN_LOAD),  # Skopeo wants one image named
        loadable=("yes",),
        images=2,
    )


def _oci_archive(make: Make, how: str, producer: str) -> Recipe:
    return Recipe(
        make=make,
        how=how,
        kind="oci-archive",
        producer=producer,
        takers=TAKE_OCI_ARCHIVE,
        loadable=("depends",),
    )


def _layout(make: Make, how: str, producer: str) -> Recipe:
    return Recipe(
        make=make,
        how=how,
        kind="oci-layout",
        producer=producer,
        takers=TAKE_LAYOUT,
        loadable=("depends", "no"),
    )


def _rootfs(make: Make, how: str, producer: str) -> Recipe:
    return Recipe(
        make=make,
        how=how,
        kind="rootfs",
        producer=producer,
        takers=TAKE_ROOTFS,
        loadable=("no",),
        importable="yes",
        images=0,
    )


def _saved_compressed(program: str) -> Recipe:
    return Recipe(
        make=compressed(docker_save(APP), program),
        how=f"docker save, then {program}",
        kind="docker-archive",
        producer=DOCKER,
        takers=TAKE_SAVED_COMPRESSED[program],
        loadable=("yes", "depends"),
        compression=program,
        restorable=program != "zstd",
    )


def _rootfs_compressed(program: str) -> Recipe:
    return Recipe(
        make=compressed(rootfs_tar, program),
        how=f"GNU tar of a root filesystem, then {program}",
        kind="rootfs",
        producer=NO_ENGINE,
        takers=TAKE_ROOTFS_COMPRESSED[program],
        loadable=("no",),
        importable="yes",
        compression=program,
        images=0,
        restorable=program != "zstd",
    )


RECIPES: Final[dict[str, Recipe]] = {
    "docker-save-one-tag": _docker_archive(docker_save(APP), f"docker save {APP}", DOCKER),
    "docker-save-two-tags": _docker_archive(
        docker_save(APP, "app:2"), f"docker save {APP} app:2", DOCKER
    ),
    "docker-save-two-images": _two_images(),
    "docker-save-by-id": _docker_archive(docker_save_by_id, "docker save IMAGE-ID", DOCKER),
    "docker-save-three-layers": _docker_archive(
        docker_save(LAYERED), "docker cp + docker commit twice, then docker save", DOCKER
    ),
    "docker-export": _rootfs(docker_export, "docker export", r"docker export"),
    "podman-export": _rootfs(podman_export, "podman export", r"^$|podman|export"),
    "podman-save-docker-archive": _docker_archive(
        podman_save("docker-archive"), "podman save --format docker-archive", CONTAINERS
    ),
    "podman-save-oci-archive": _oci_archive(
        podman_save("oci-archive"), "podman save --format oci-archive", CONTAINERS
    ),
    "podman-save-oci-archive-uncompressed": _oci_archive(
        podman_save("oci-archive", "--uncompressed"),
        "podman save --format oci-archive --uncompressed",
        CONTAINERS,
    ),
    "podman-save-oci-dir": _layout(
        podman_save("oci-dir"), "podman save --format oci-dir", CONTAINERS
    ),
    "skopeo-docker-archive": _docker_archive(
        skopeo_copy(f"docker-archive:{{}}:{APP}"), "skopeo copy to docker-archive", CONTAINERS
    ),
    "skopeo-oci-archive-gzip": _oci_archive(
        skopeo_copy(f"oci-archive:{{}}:{APP}", "--dest-compress-format", "gzip"),
        "skopeo copy --dest-compress-format gzip to oci-archive",
        CONTAINERS,
    ),
    "skopeo-oci-archive-zstd": _oci_archive(
        skopeo_copy(f"oci-archive:{{}}:{APP}", "--dest-compress-format", "zstd"),
        "skopeo copy --dest-compress-format zstd to oci-archive",
        CONTAINERS,
    ),
    "skopeo-oci-archive-uncompressed": _oci_archive(
        skopeo_copy_uncompressed,
        "skopeo copy --dest-oci-accept-uncompressed-layers to oci-archive",
        ANY_CONTAINERS,
    ),
    "skopeo-oci-layout": _layout(skopeo_copy("oci:{}:app"), "skopeo copy to oci", CONTAINERS),
    "buildah-commit-oci-archive": _oci_archive(
        buildah_commit(f"oci-archive:{{}}:{APP}"), "buildah commit to oci-archive", BUILDAH
    ),
    "buildah-push-oci-archive": _oci_archive(
        buildah_push(f"oci-archive:{{}}:{APP}"), "buildah push to oci-archive", BUILDAH
    ),
    "buildah-push-docker-archive": _docker_archive(
        buildah_push(f"docker-archive:{{}}:{APP}"), "buildah push to docker-archive", BUILDAH
    ),
    "buildah-commit-docker-archive": _docker_archive(
        buildah_commit(f"docker-archive:{{}}:{APP}", "--format", "docker"),
        "buildah commit --format docker to docker-archive",
        BUILDAH,
    ),
    "umoci-layout": _layout(umoci_layout, "umoci init, new, insert, config, gc", r"umoci"),
    "umoci-oci-archive": _oci_archive(
        umoci_archive, "umoci as before, packed with GNU tar as ./…", r"umoci"
    ),
    "rootfs": _rootfs(rootfs_tar, "GNU tar of a root filesystem", NO_ENGINE),
    **{f"docker-save-{program}": _saved_compressed(program) for program in COMPRESSORS},
    **{f"rootfs-{program}": _rootfs_compressed(program) for program in COMPRESSORS},
}


def file_name(name: str) -> str:
    """Return the file (or folder) name of a recipe's archive."""
    recipe = RECIPES[name]
    if recipe.kind == "oci-layout":
        return name
    suffix = COMPRESSORS.get(recipe.compression or "")
    return f"{name}.tar.{suffix}" if suffix else f"{name}.tar"
