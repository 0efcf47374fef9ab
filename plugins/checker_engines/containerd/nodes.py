"""Images for the nodes of a Kubernetes cluster, imported into containerd for every platform.

Sources: kind 0.31, pkg/cluster/nodeutils/util.go; k3s 1.32, pkg/agent/containerd (containerd.go,
watcher.go) with rancher/wharfie, pkg/tarfile; k0s 1.33, pkg/component/worker/ocibundle.go;
containerd 2.3, client/import.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from checker.model.archive import Archive, Kind
from checker.model.compression import CompressionKind
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.decisions import all_platforms, image_directory
from checker_engines.containerd.documents import Child
from checker_engines.containerd.images import check_target, name_of
from checker_engines.containerd.importer import import_index
from checker_engines.containerd.platforms import runs_on
from checker_engines.containerd.stream import stream_error
from checker_engines.containerd.transfer import store_images
from checker_engines.containerd.versions import VERSIONS
from checker_engines.containerd.walk import find_or_refuse, read_top, walk

_KIND, _K3S, _K0S = "kind-0", "k3s-1", "k0s-1"
_LOAD, _DIRECTORY = "load image-archive", "image directory"
_LIBRARY = "containerd 2, core/images/archive"
_SUITS = frozenset({Kind.DOCKER_ARCHIVE, Kind.OCI_ARCHIVE, Kind.DOCKER_OCI_ARCHIVE})
_EXTENSIONS = (
    ((".tar",), CompressionKind.NONE),
    ((".tar.bz2", ".tbz"), CompressionKind.BZIP2),
    ((".tar.gz", ".tgz"), CompressionKind.GZIP),
    ((".tar.zst", ".tzst"), CompressionKind.ZSTD),
)
"""The ends of file names and the decompressors that they select; ``.tar.lz4`` is one as well."""
_LZ4 = ".tar.lz4"
_INVISIBLE = (
    "the image is stored, but the kubelet and crictl find images by name, and {what} no name: save "
    "the image by its name"
)
PROFILES = (
    EngineProfile(
        name=_KIND,
        tool="kind",
        releases=(ReleaseRange("0.31", "0.31"),),
        library=f"{_LIBRARY}: ctr images import --all-platforms --digests",
        evidence=Evidence.MEASURED,
        measured_with="ctr 2.3.4 with these options: 1,235 archives with faults",
        groups=("kubernetes", "all-platforms"),
    ),
    EngineProfile(
        name=_K3S,
        tool="k3s",
        releases=(ReleaseRange("1.32", "1.32"),),
        library=f"{_LIBRARY}, client/import.go",
        evidence=Evidence.READ,
        groups=("kubernetes", "all-platforms"),
    ),
    EngineProfile(
        name=_K0S,
        tool="k0s",
        releases=(ReleaseRange("1.33", "1.33"),),
        library=f"{_LIBRARY}, client/import.go",
        evidence=Evidence.READ,
        groups=("kubernetes",),
    ),
)


def engines() -> Iterator[Engine]:
    """What is run or read on nodes."""
    follows = "kind 0.31, ctr 2.3.4 with --all-platforms --digests"
    yield Engine(_KIND, _LOAD, _load, follows, all_platforms, _SUITS, only_files=True)
    follows = "k3s 1.32, the directory agent/images"
    yield Engine(_K3S, _DIRECTORY, _k3s, follows, image_directory, _SUITS, only_files=True)
    follows = "k0s 1.33, the directory images"
    yield Engine(_K0S, _DIRECTORY, _k0s, follows, image_directory, _SUITS, only_files=True)


def _load(question: Question) -> Verdict:
    typed = f"kind load image-archive {question.quoted_path}"
    return verdict_of(Command(_KIND, _LOAD, typed, "ctr: "), question, _load_archive)


def _load_archive(question: Question) -> Answer:
    (version,) = VERSIONS
    stored = store_images(version, question, _every)
    for child in stored.top:
        # Each is stored by its digest, also without a name.
        check_target(child)
    unnamed = len(stored.top) - len(stored.named)
    if unnamed:
        return _unnamed(unnamed, len(stored.top))
    if stored.not_unpacked:
        return Answer(stored.not_unpacked[0], is_broken=True)
    return Answer("the image is stored with every platform, and unpacked for that of the node")


def _every(child: Child) -> bool:
    del child
    return True


def _unnamed(unnamed: int, images: int) -> Answer:
    what = "it has" if images == 1 else f"{unnamed} of {images} images have"
    return Answer(_INVISIBLE.format(what=what), is_broken=True, rules=("DKR012", "OCI018"))


def _k3s(question: Question) -> Verdict:
    path = question.quoted_path
    typed = f"cp {path} /var/lib/rancher/k3s/agent/images/"
    return verdict_of(Command(_K3S, _DIRECTORY, typed), question, _import_for_k3s)


def _import_for_k3s(question: Question) -> Answer:
    kind = _selected(question.archive)
    return _import(question, kind, _every, find_or_refuse)


def _k0s(question: Question) -> Verdict:
    typed = f"cp {question.quoted_path} /var/lib/k0s/images/"
    return verdict_of(Command(_K0S, _DIRECTORY, typed), question, _import_for_k0s)


def _import_for_k0s(question: Question) -> Answer:
    def keep(child: Child) -> bool:
        return child.platform is None or runs_on(child.platform, question.host)

    return _import(question, CompressionKind.NONE, keep, _find_or_skip)


def _find_or_skip(store: ContentStore, digest: str) -> Content | None:
    return store.get(digest)


def _import(
    question: Question,
    kind: CompressionKind,
    keep: Callable[[Child], bool],
    find: Callable[[ContentStore, str], Content | None],
) -> Answer:
    """Import with containerd's client; layers are unpacked when a container is created."""
    archive = question.archive
    check_is_file(question, f"read {question.quoted_path}: is a directory")
    if kind is not archive.compression.kind:
        raise _other_compression(archive, kind)
    error = stream_error(archive.compression, archive.tar, archive.size, frozenset({kind}))
    imported = import_index(archive, question.host, error, remote=True)
    top = read_top(imported.top)
    found = walk(imported, top, find, keep)
    named = [child for child in top if name_of(child)]
    for child in named:
        check_target(child)
    if len(named) < len(top):
        return _unnamed(len(top) - len(named), len(top))
    for each in found:
        for child in (each.manifest.config, *each.manifest.layers):
            if imported.store.get(child.digest) is None:
                return Answer(
                    f"the image is stored, but its {child.digest} is not in the archive: its pods "
                    "do not start unless the image can be pulled",
                    is_broken=True,
                    rules=("OCI008", "DKR003"),
                )
    return Answer("the image is stored; its layers are unpacked when a container is created")


def _selected(archive: Archive) -> CompressionKind:
    """The decompressor that the name of the file selects (tarfile.go, GetOpener).

    Raises:
        Refusal: The name is not one that is taken.
    """
    name = posixpath.basename(archive.path)
    if archive.path == "-":
        return archive.compression.kind
    for ends, kind in _EXTENSIONS:
        if name.endswith(ends):
            return kind
    known = " ".join(("." + each.lstrip(".") for ends, _ in _EXTENSIONS for each in ends))
    if name.endswith(_LZ4):
        raise Refusal(
            "lz4: bad magic number",
            f"the name ends with {_LZ4}, but the archive is not compressed with lz4",
        )
    raise Refusal(
        f"unhandled file type; supported extensions: {known}",
        f"k3s ignores the file because of its name: it takes names that end with {known} {_LZ4}",
    )


def _other_compression(archive: Archive, kind: CompressionKind) -> Refusal:
    found = archive.compression.kind
    if kind is CompressionKind.NONE:
        return Refusal(
            "archive/tar: invalid tar header",
            f"the archive is compressed with {found}, but is read as a plain tar: decompress it",
            ("ARC014",),
        )
    return Refusal(
        _HEADER_ERRORS[kind],
        f"the name says {kind}, but the archive is "
        + ("not compressed" if found is CompressionKind.NONE else f"compressed with {found}"),
        ("ARC014",),
    )


_HEADER_ERRORS = {
    CompressionKind.GZIP: "gzip: invalid header",
    CompressionKind.BZIP2: "bzip2 data invalid: bad magic value",
    CompressionKind.ZSTD: "invalid input: magic number mismatch",
}
