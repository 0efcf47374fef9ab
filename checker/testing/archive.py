"""Archives for tests, in the layouts of real tools.

Every function takes images (:class:`checker.testing.image.Image`) and returns an :class:`Archive`:
its members in order, and aliases for members that are named by a digest. All digests and sizes are
correct; faults are added afterwards (:mod:`checker.testing.cases`).

Sources: Docker Engine 20.10 and 28 (``image/tarexport/save.go``, ``daemon/export.go``), skopeo 1.9
and podman 4.3 (``docker/internal/tarfile/writer.go`` of containers/image), go-containerregistry
0.20 (``pkg/v1/tarball/write.go``), OCI image-spec 1.1 (``image-layout.md``).
"""

from __future__ import annotations

import json
import os
import posixpath
import stat
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from checker.testing.image import (
    CREATED,
    INDEX_TYPE,
    Blob,
    Image,
    Layer,
    config_blob,
    diff_ids,
    encode_json,
    layer_blobs,
    layer_tar,
    manifest_blob,
    sample_image,
    sha256,
)
from checker.testing.tar import (
    Member,
    device,
    directory,
    file,
    opaque,
    symlink,
    whiteout,
    write_tar,
)
from checker.typing_names import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"

COMPRESSIONS: Mapping[str, str] = MappingProxyType(
    {
        "docker-archive": "none",
        "podman-archive": "none",
        "legacy": "none",
        "docker-oci-archive": "none",
        "crane-archive": "gzip",
        "oci-archive": "gzip",
        "oci-layout": "gzip",
    }
)
"""The compression of layers by the tool that writes a kind."""

_NODES = {b"6": stat.S_IFIFO, b"s": stat.S_IFSOCK}

_Namer: TypeAlias = "Callable[[_Built, str, Blob], str]"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive under construction.

    Attributes:
        kind: What it is, one of :data:`KINDS`, or ``wrapped``, ``nested``.
        members: The members in order.
        names: Values by a name that does not depend on digests: ``config``, ``manifest`` and
            ``layer0`` … are member names; ``config.digest``, ``layer0.diff_id`` and the like are
            digests; ``v1.0`` … are v1 directories. The names of further images begin with
            ``image1.``, ``image2.``, …; ``index`` is a nested index.
    """

    kind: str
    members: tuple[Member, ...]
    names: Mapping[str, str] = field(default_factory=dict, hash=False)

    def tar(self) -> bytes:
        """The archive as the bytes of a tar."""
        return write_tar(self.members)

    def write_directory(self, path: Path) -> None:
        """Write the members to a directory, with their modes: files, directories, links, fifos.

        A member of type ``s``, which tar does not have, becomes a socket.

        Raises:
            ValueError: A member is of another type, or its name would be outside the directory.
        """
        path.mkdir(parents=True, exist_ok=True)
        for member in self.members:
            _write_member(path, member)


@dataclass(frozen=True, slots=True)
class _Built:
    """An image with everything in it computed."""

    image: Image
    config: Blob
    layers: tuple[Blob, ...]
    manifest: Blob

    @property
    def diff_ids(self) -> list[str]:
        return diff_ids(self.image)

    def names(self, prefix: str, member_of: _Namer) -> dict[str, str]:
        """The names of :class:`Archive`, with the members named by ``member_of``."""
        parts = {"config": self.config, "manifest": self.manifest}
        parts |= {f"layer{number}": blob for number, blob in enumerate(self.layers)}
        members = {prefix + part: member_of(self, part, blob) for part, blob in parts.items()}
        digests = {f"{prefix}{part}.digest": blob.digest for part, blob in parts.items()}
        digests |= {f"{prefix}{part}.hex": blob.hex for part, blob in parts.items()}
        diffs = {f"{prefix}layer{n}.diff_id": each for n, each in enumerate(self.diff_ids)}
        return members | digests | diffs


def _build(image: Image, compression: str) -> _Built:
    # Written once, although config, blobs and names all derive from their bytes.
    written = replace(image, layers=tuple(map(layer_tar, image.layers)))
    config = config_blob(written)
    layers = layer_blobs(written, compression)
    return _Built(written, config, layers, manifest_blob(written, config, layers))


def _build_all(images: Sequence[Image], compression: str) -> tuple[_Built, ...]:
    return tuple(_build(image, compression) for image in images or (sample_image(),))


def _prefix(number: int) -> str:
    return f"image{number}." if number else ""


def _all_names(built: Sequence[_Built], member_of: _Namer) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, each in enumerate(built):
        names |= each.names(_prefix(number), member_of)
    return names


def docker_archive(*images: Image) -> Archive:
    """``docker save`` up to Docker 24: a v1 directory per layer, and ``manifest.json``."""
    built = _build_all(images, COMPRESSIONS["docker-archive"])
    folders = {number: _v1_ids(each) for number, each in enumerate(built)}
    groups: dict[str, tuple[Member, ...]] = {}
    seen: dict[str, str] = {}
    for number, each in enumerate(built):
        groups[f"{each.config.hex}.json"] = (file(f"{each.config.hex}.json", each.config.data),)
        for layer, folder in enumerate(folders[number]):
            groups.setdefault(folder, _v1_folder(each, layer, folders[number], seen))
    entries = [
        _manifest_entry(each, f"{each.config.hex}.json", [f"{v1}/layer.tar" for v1 in folders[n]])
        for n, each in enumerate(built)
    ]
    tops = {number: v1[-1:] for number, v1 in folders.items()}
    tail = (file("manifest.json", encode_json(entries) + b"\n"), *_repositories(tops, built))
    groups |= {member.name: (replace(member, mtime=0),) for member in tail}
    members = tuple(member for name in sorted(groups) for member in groups[name])
    v1_ids = {
        f"{_prefix(number)}v1.{layer}": folder
        for number, each_folder in folders.items()
        for layer, folder in enumerate(each_folder)
    }
    return Archive("docker-archive", members, _docker_names(built, folders) | v1_ids)


def legacy_archive(*images: Image) -> Archive:
    """``docker save`` before Docker 1.10: only v1 directories and ``repositories``."""
    modern = docker_archive(*images)
    configs = {name for key, name in modern.names.items() if key.rpartition(".")[2] == "config"}
    members = tuple(m for m in modern.members if m.name not in {"manifest.json", *configs})
    names = {key: name for key, name in modern.names.items() if name not in configs}
    return Archive("docker-archive-legacy", members, names)


def podman_archive(*images: Image) -> Archive:
    """What ``podman save`` and ``skopeo copy docker-archive:`` write: files, then v1 symlinks."""
    built = tuple(
        replace(each, image=replace(each.image, tags=tuple(map(_full_name, each.image.tags))))
        for each in _build_all(images, COMPRESSIONS["podman-archive"])
    )
    folders = {number: _v1_ids(each) for number, each in enumerate(built)}
    files: dict[str, Member] = {}
    for number, each in enumerate(built):
        for layer in range(len(each.layers)):
            _keep_first(files, _tool_file(_podman_layer(each, layer), each.layers[layer].data))
        _keep_first(files, _tool_file(f"{each.config.hex}.json", each.config.data))
        for layer in range(len(each.layers)):
            for member in _podman_v1(each, layer, folders[number]):
                _keep_first(files, member)
    entries = [
        _manifest_entry(
            each,
            f"{each.config.hex}.json",
            [_podman_layer(each, layer) for layer in range(len(each.layers))],
        )
        for each in built
    ]
    repositories = _repositories({n: v1[-1:] for n, v1 in folders.items()}, built)
    tail = (file("manifest.json", encode_json(entries)), *repositories)
    members = (*files.values(), *(replace(m, mode=0o444, mtime=0) for m in tail))
    return Archive("podman-archive", members, _all_names(built, _podman_member))


def crane_archive(*images: Image) -> Archive:
    """What ``crane pull`` writes: config named by its digest, gzip layers, ``manifest.json``."""
    built = _build_all(images, COMPRESSIONS["crane-archive"])
    files: dict[str, Member] = {}
    for each in built:
        _keep_first(files, file(each.config.digest, each.config.data))
        for blob in each.layers:
            _keep_first(files, file(f"{blob.hex}.tar.gz", blob.data))
    entries = [
        _manifest_entry(each, each.config.digest, [f"{blob.hex}.tar.gz" for blob in each.layers])
        for each in built
    ]
    members = (*files.values(), file("manifest.json", encode_json(entries)))
    return Archive("crane-archive", members, _all_names(built, _crane_member))


def oci_archive(*images: Image) -> Archive:
    """What skopeo and BuildKit write as ``oci-archive``: an OCI layout in a tar, layers gzipped.

    ``index.json`` has one descriptor per tag; an image without a tag has one without annotations.
    """
    built = _build_all(images, COMPRESSIONS["oci-archive"])
    descriptors = [
        each.manifest.descriptor | _annotations(names)
        for each in built
        for names in _oci_names(each.image)
    ]
    return _layout("oci-archive", built, descriptors)


def layout_members(
    blobs: Iterable[Blob], descriptors: Iterable[Mapping[str, Any]]
) -> tuple[Member, ...]:
    """The members of an OCI layout of any blobs.

    Args:
        blobs: The blobs; a repeated one is written once.
        descriptors: What ``index.json`` lists.
    """
    files = {_blob_name(blob): file(_blob_name(blob), blob.data) for blob in blobs}
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(descriptors)}
    return (
        directory("blobs"),
        directory("blobs/sha256"),
        *(files[name] for name in sorted(files)),
        file("index.json", encode_json(index)),
        file("oci-layout", encode_json({"imageLayoutVersion": "1.0.0"})),
    )


def oci_layout(*images: Image) -> Archive:
    """An OCI layout to be written to a directory."""
    return replace(oci_archive(*images), kind="oci-layout")


def skopeo_dir(image: Image | None = None) -> Archive:
    """What ``skopeo copy`` writes to ``dir:``, to be written to a directory."""
    (built,) = _build_all(() if image is None else (image,), COMPRESSIONS["oci-archive"])
    blobs = {blob.hex: file(blob.hex, blob.data) for blob in (*built.layers, built.config)}
    members = (
        *blobs.values(),
        file("manifest.json", built.manifest.data),
        file("version", b"Directory Transport Version: 1.1\n"),
    )
    names = _all_names((built,), lambda _built, _part, blob: blob.hex)
    return Archive("skopeo-dir", members, {**names, "manifest": "manifest.json"})


def multi_platform(*images: Image) -> Archive:
    """An OCI layout with a nested index that has an image for each platform.

    Without images: ``linux/amd64`` and ``linux/arm64/v8`` of the sample.
    """
    several = images or (sample_image(), sample_image("arm64", "v8"))
    return with_nested_index(several)


def with_nested_index(images: Sequence[Image], index_bytes: bytes | None = None) -> Archive:
    """As :func:`multi_platform`, with the nested index given byte for byte if not None."""
    built = _build_all(images, COMPRESSIONS["oci-archive"])
    document = {
        "schemaVersion": 2,
        "mediaType": INDEX_TYPE,
        "manifests": _platform_descriptors(built),
    }
    index = Blob(INDEX_TYPE, encode_json(document) if index_bytes is None else index_bytes)
    descriptors = [index.descriptor | _annotations(n) for n in _oci_names(built[0].image)]
    archive = _layout("oci-archive", built, descriptors, (index,))
    names = {**archive.names, "index": _blob_name(index), "index.digest": index.digest}
    return replace(archive, names=names)


def flat_platforms(*images: Image) -> Archive:
    """An OCI layout whose ``index.json`` itself lists an image for each platform."""
    built = _build_all(
        images or (sample_image(), sample_image("arm64", "v8")), COMPRESSIONS["oci-archive"]
    )
    return _layout("oci-archive", built, _platform_descriptors(built))


def docker_oci_archive(*images: Image) -> Archive:
    """What ``docker save`` writes since Docker 25: an OCI layout with ``manifest.json`` on top."""
    built = _build_all(images, COMPRESSIONS["docker-oci-archive"])
    descriptors = [
        each.manifest.descriptor | _annotations(names)
        for each in built
        for names in _docker_names_of(each.image)
    ]
    layout = _layout("docker-oci-archive", built, descriptors, _v1_blobs(built))
    entries = [_hybrid_entry(each) for each in built]
    tops = {number: [blob.hex for blob in each.layers[-1:]] for number, each in enumerate(built)}
    extra = (file("manifest.json", encode_json(entries)), *_repositories(tops, built))
    members = (*layout.members, *extra)
    blobs = [member for member in members if member.name.startswith("blobs/")]
    rest = sorted((m for m in members if m not in blobs), key=lambda member: member.name)
    return replace(layout, members=(*blobs, *rest))


def rootfs(image: Image | None = None) -> Archive:
    """A flat root filesystem: the layers merged, whiteouts applied.

    Raises:
        TypeError: A layer is given as bytes.
    """
    merged = merge_layers((image or sample_image()).layers)
    return Archive("rootfs", tuple(merged.values()))


def export(image: Image | None = None) -> Archive:
    """``docker export``: the merged root filesystem with the marks of a container.

    Raises:
        TypeError: A layer is given as bytes.
    """
    marks = (
        file(".dockerenv", mode=0o755),
        directory("dev"),
        replace(device("dev/console", 5, 1), typeflag=b"0", mode=0o755, devmajor=0, devminor=0),
        directory("dev/pts"),
        directory("dev/shm"),
        directory("etc"),
        file("etc/hostname", mode=0o755),
        file("etc/hosts", mode=0o755),
        symlink("etc/mtab", "/proc/mounts"),
        file("etc/resolv.conf", mode=0o755),
        directory("proc"),
        directory("sys"),
    )
    merged = merge_layers((image or sample_image()).layers)
    found = {_clean(mark.name): mark for mark in marks} | merged
    return Archive("export", tuple(found[name] for name in sorted(found)))


def layer(image: Image | None = None) -> Archive:
    """A single changeset: the last layer of the image, by default one with whiteouts.

    Raises:
        TypeError: The layer is given as bytes.
    """
    if image is not None:
        return Archive("layer", _entries(image.layers[-1]))
    members = (
        directory("etc"),
        whiteout("etc/motd"),
        file("etc/hosts.allow", "ALL: LOCAL\n"),
        directory("var"),
        directory("var/cache"),
        opaque("var/cache"),
    )
    return Archive("layer", members)


def wrapped(archive: Archive, folder: str = "image") -> Archive:
    """An archive whose members are all one directory too deep."""
    inner = tuple(replace(member, name=f"{folder}/{member.name}") for member in archive.members)
    names = {key: _moved(archive, name, folder) for key, name in archive.names.items()}
    return Archive("wrapped", (directory(folder), *inner), names)


def nested(archive: Archive, name: str = "image.tar") -> Archive:
    """A tar that contains only the archive, as a file."""
    digests = {
        k: v for k, v in archive.names.items() if k.endswith((".digest", ".hex", ".diff_id"))
    }
    return Archive("nested", (file(name, archive.tar()),), digests | {"inner": name})


def empty() -> Archive:
    """A tar without members: only the end marker."""
    return Archive("empty", ())


def merge_layers(layers: Iterable[Layer]) -> dict[str, Member]:
    """Apply layers on one another, whiteouts and opaque markers included.

    Returns:
        The entries by clean path, in their order of appearance.

    Raises:
        TypeError: A layer is given as bytes.
    """
    merged: dict[str, Member] = {}
    for each in layers:
        entries = _entries(each)
        for gone in _removed(entries, merged):
            del merged[gone]
        merged |= {_clean(m.name): m for m in entries if not _basename(m).startswith(".wh.")}
    return merged


def _one_image(make: Callable[[Image | None], Archive]) -> Callable[..., Archive]:
    def make_from(*images: Image) -> Archive:
        if len(images) > 1:
            raise ValueError(f"this kind of archive has one image, not {len(images)}")
        return make(images[0] if images else None)

    return make_from


def _no_image(*images: Image) -> Archive:
    if images:
        raise ValueError(f"an empty archive has no images, not {len(images)}")
    return empty()


KINDS: Mapping[str, Callable[..., Archive]] = MappingProxyType(
    {
        "docker-archive": docker_archive,
        "podman-archive": podman_archive,
        "crane-archive": crane_archive,
        "legacy": legacy_archive,
        "oci-archive": oci_archive,
        "oci-layout": oci_layout,
        "docker-oci-archive": docker_oci_archive,
        "multi-platform": multi_platform,
        "flat-platforms": flat_platforms,
        "rootfs": _one_image(rootfs),
        "export": _one_image(export),
        "layer": _one_image(layer),
        "empty": _no_image,
    }
)
"""The functions that create an archive from images, by their name in cases."""


def build(kind: str, *images: Image) -> Archive:
    """Make an archive of a kind, of the sample image if no image is given.

    Raises:
        ValueError: The kind is not in :data:`KINDS`, or supports fewer images.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of archive {kind!r}; known: {', '.join(KINDS)}")
    return KINDS[kind](*images)


def sample(kind: str = "docker-archive") -> bytes:
    """The bytes of a valid sample archive.

    Raises:
        ValueError: The kind is unknown.
    """
    return build(kind).tar()


# --- members of the docker formats


def _manifest_entry(built: _Built, config: str, layers: list[str]) -> dict[str, Any]:
    return {"Config": config, "RepoTags": list(built.image.tags) or None, "Layers": layers}


def _hybrid_entry(built: _Built) -> dict[str, Any]:
    sources = {
        diff: blob.descriptor for diff, blob in zip(built.diff_ids, built.layers, strict=True)
    }
    names = [_blob_name(blob) for blob in built.layers]
    return _manifest_entry(built, _blob_name(built.config), names) | {"LayerSources": sources}


def _repositories(tops: Mapping[int, Sequence[str]], built: Sequence[_Built]) -> tuple[Member, ...]:
    found: dict[str, dict[str, str]] = {}
    for number, each in enumerate(built):
        for name in each.image.tags:
            repository, tag = split_tag(name)
            found.setdefault(repository, {})[tag] = "".join(tops[number])
    return (file("repositories", encode_json(found) + b"\n"),) if found else ()


def _v1_ids(built: _Built) -> list[str]:
    """IDs of the v1 images, derived from the chain, the last one also from the config."""
    ids: list[str] = []
    for number, diff in enumerate(built.diff_ids):
        last = number == len(built.layers) - 1
        seed = f"{ids[-1] if ids else ''} {diff} {built.config.digest if last else ''}"
        ids.append(sha256(seed.encode()))
    return ids


def _v1_json(built: _Built, layer: int, ids: Sequence[str]) -> bytes:
    document: dict[str, Any] = {"id": ids[layer]}
    if layer:
        document["parent"] = ids[layer - 1]
    document |= {"created": CREATED, "os": built.image.os}
    if layer == len(ids) - 1:
        document |= {"architecture": built.image.architecture, "config": _settings(built.config)}
    return encode_json(document)


def _settings(config: Blob) -> Any:
    """The ``config`` object of an image config, null where the config is broken on purpose."""
    try:
        document = json.loads(config.data)
    except ValueError:
        return None
    return document.get("config") if isinstance(document, dict) else None


def _v1_folder(
    built: _Built, layer: int, ids: Sequence[str], seen: dict[str, str]
) -> tuple[Member, ...]:
    folder = ids[layer]
    blob = built.layers[layer]
    first = seen.setdefault(blob.digest, folder)
    content = (
        file(f"{folder}/layer.tar", blob.data)
        if first == folder
        else symlink(f"{folder}/layer.tar", f"../{first}/layer.tar")
    )
    return (
        directory(folder),
        file(f"{folder}/VERSION", "1.0"),
        file(f"{folder}/json", _v1_json(built, layer, ids)),
        content,
    )


def _v1_blobs(built: Sequence[_Built]) -> tuple[Blob, ...]:
    """The v1 configs that Docker 25 and later leave among the blobs, listed by nothing."""
    return tuple(
        Blob("", _v1_json(each, layer, ids))
        for each in built
        for ids in (_v1_ids(each),)
        for layer in range(len(ids))
    )


def _docker_names(built: Sequence[_Built], folders: Mapping[int, Sequence[str]]) -> dict[str, str]:
    names = _all_names(built, _podman_member)
    for number, ids in folders.items():
        for layer, folder in enumerate(ids):
            names[f"{_prefix(number)}layer{layer}"] = f"{folder}/layer.tar"
    return names


def _podman_layer(built: _Built, layer: int) -> str:
    return f"{built.diff_ids[layer].removeprefix('sha256:')}.tar"


def _podman_member(built: _Built, part: str, _blob: Blob) -> str:
    if part.startswith("layer"):
        return _podman_layer(built, int(part.removeprefix("layer")))
    return {"config": f"{built.config.hex}.json", "manifest": "manifest.json"}[part]


def _crane_member(built: _Built, part: str, blob: Blob) -> str:
    fixed = {"config": built.config.digest, "manifest": "manifest.json"}
    return fixed.get(part, f"{blob.hex}.tar.gz")


def _podman_v1(built: _Built, layer: int, ids: Sequence[str]) -> tuple[Member, ...]:
    folder = ids[layer]
    link = symlink(f"{folder}/layer.tar", f"../{_podman_layer(built, layer)}")
    return (
        replace(link, mode=0, mtime=0),
        _tool_file(f"{folder}/VERSION", b"1.0"),
        _tool_file(f"{folder}/json", _v1_json(built, layer, ids)),
    )


def _tool_file(name: str, content: bytes) -> Member:
    return replace(file(name, content, mode=0o444), mtime=0)


def _keep_first(files: dict[str, Member], member: Member) -> None:
    files.setdefault(member.name, member)


# --- members of the OCI layout


def _layout(
    kind: str,
    built: Sequence[_Built],
    descriptors: Sequence[Mapping[str, Any]],
    extra: Iterable[Blob] = (),
) -> Archive:
    blobs = (*(blob for each in built for blob in _blobs(each)), *extra)
    members = layout_members(blobs, descriptors)
    return Archive(kind, members, _all_names(built, lambda _built, _part, blob: _blob_name(blob)))


def _blobs(built: _Built) -> tuple[Blob, ...]:
    return (built.config, *built.layers, built.manifest)


def _blob_name(blob: Blob) -> str:
    return f"blobs/sha256/{blob.hex}"


def _platform_descriptors(built: Sequence[_Built]) -> list[dict[str, Any]]:
    return [each.manifest.descriptor | {"platform": each.image.platform} for each in built]


def _annotations(names: Mapping[str, str]) -> dict[str, Any]:
    return {"annotations": dict(names)} if names else {}


def _oci_names(image: Image) -> list[dict[str, str]]:
    return [{REF_NAME: tag} for tag in image.tags] or [{}]


def _docker_names_of(image: Image) -> list[dict[str, str]]:
    return [
        {CONTAINERD_NAME: _full_name(name), REF_NAME: split_tag(name)[1]} for name in image.tags
    ] or [{}]


def split_tag(name: str) -> tuple[str, str]:
    """Repository and tag of an image name; the tag is ``latest`` if there is none."""
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return name, "latest"
    return repository, tag


def _full_name(name: str) -> str:
    """The name with registry and namespace, as Docker and podman expand it."""
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    has_registry = "." in first or ":" in first or first == "localhost"
    return name if has_registry else f"docker.io/{name}"


# --- root filesystems and directories


def _entries(layer: Layer) -> tuple[Member, ...]:
    if isinstance(layer, bytes):
        raise TypeError("a layer given as bytes cannot be merged: give its entries")
    return layer


def _clean(name: str) -> str:
    return posixpath.normpath(name).lstrip("/")


def _basename(member: Member) -> str:
    return posixpath.basename(_clean(member.name))


def _removed(entries: Iterable[Member], merged: Mapping[str, Member]) -> set[str]:
    """Paths of lower layers that the whiteouts among the entries remove."""
    hidden: set[str] = set()
    for member in entries:
        folder, _, name = _clean(member.name).rpartition("/")
        path = posixpath.join(folder, name.removeprefix(".wh."))
        if name == ".wh..wh..opq":
            hidden |= {each for each in merged if not folder or each.startswith(f"{folder}/")}
        elif name != posixpath.basename(path):
            hidden |= {each for each in merged if each == path or each.startswith(f"{path}/")}
        elif member.typeflag != b"5":
            hidden |= {each for each in merged if each.startswith(f"{path}/")}
    return hidden


def _moved(archive: Archive, name: str, folder: str) -> str:
    known = {member.name for member in archive.members}
    return f"{folder}/{name}" if name in known else name


def _write_member(root: Path, member: Member) -> None:
    path = _inside(root, member.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.typeflag == b"5":
        path.mkdir(exist_ok=True)
    elif member.typeflag == b"2":
        path.symlink_to(member.linkname)
        return
    elif member.typeflag == b"1":
        path.hardlink_to(_inside(root, member.linkname))
        return
    elif member.typeflag == b"0":
        path.write_bytes(member.content)
    elif member.typeflag in _NODES:
        os.mknod(path, _NODES[member.typeflag])
    else:
        raise ValueError(
            f"member {member.name!r} has type {member.typeflag!r}: a test directory may contain "
            "only files, directories, links, fifos and sockets"
        )
    path.chmod(member.mode)


def _inside(root: Path, name: str) -> Path:
    relative = posixpath.normpath(name)
    if relative.startswith(("/", "..")):
        raise ValueError(f"member {name!r} would be outside the directory")
    return root / relative
