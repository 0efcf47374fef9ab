"""Images for the nodes of a Kubernetes cluster, imported into containerd for every platform.

Sources: kind 0.31, pkg/cluster/nodeutils/util.go; k3s 1.32, pkg/agent/containerd (containerd.go,
watcher.go) with rancher/wharfie, pkg/tarfile; rke2 1.36.3, whose agent is that of k3s 1.36, and
which takes its own runtime image from the same files (pkg/bootstrap, bootstrap.go); k0s 1.33,
pkg/component/worker/ocibundle.go; containerd 2.3, client/import.go and internal/cri/server/images
(service.go).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import partial

from checker.model.archive import Archive, Kind
from checker.model.compression import CompressionKind
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.containerd.content_store import Content, ContentStore
from checker_engines.containerd.decisions import all_platforms, image_directory
from checker_engines.containerd.documents import Child
from checker_engines.containerd.images import check_target, name_of, not_found_by_name
from checker_engines.containerd.importer import import_index
from checker_engines.containerd.stream import stream_error
from checker_engines.containerd.transfer import store_images
from checker_engines.containerd.versions import VERSIONS
from checker_engines.containerd.walk import (
    Find,
    Keep,
    every,
    find_or_refuse,
    keep_for,
    read_top,
    walk,
)

_KIND, _K3S, _RKE2, _K0S = "kind-0", "k3s-1", "rke2-1", "k0s-1"
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
    "Kubernetes does not find {what}: the kubelet and crictl ask for images by their full names, "
    "and {why}; save it by its full name"
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
        name=_RKE2,
        tool="rke2",
        releases=(ReleaseRange("1.36", "1.36"),),
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
    judge = partial(_wharfie, _K3S, "k3s")
    yield Engine(_K3S, _DIRECTORY, judge, follows, image_directory, _SUITS, only_files=True)
    follows = "rke2 1.36, the directory agent/images"
    judge = partial(_wharfie, _RKE2, "rke2")
    yield Engine(_RKE2, _DIRECTORY, judge, follows, image_directory, _SUITS, only_files=True)
    follows = "k0s 1.33, the directory images"
    yield Engine(_K0S, _DIRECTORY, _k0s, follows, image_directory, _SUITS, only_files=True)


def _load(question: Question) -> Verdict:
    typed = f"kind load image-archive {question.quoted_path}"
    return verdict_of(Command(_KIND, _LOAD, typed, "ctr: "), question, _load_archive)


def _load_archive(question: Question) -> Answer:
    (version,) = VERSIONS
    stored = store_images(version, question, every)
    for child in stored.top:
        # Each is stored by its digest, also without a name.
        check_target(child)
    invisible = _invisible(stored.top)
    if invisible is not None:
        return invisible
    if stored.not_unpacked:
        return Answer(stored.not_unpacked[0], is_broken=True)
    return Answer("the image is stored with every platform, and unpacked for that of the node")


def _invisible(top: Sequence[Child]) -> Answer | None:
    """The answer if Kubernetes does not find an image; None if it finds all."""
    lost = list(not_found_by_name(top))
    if not lost:
        return None
    child, why = lost[0]
    what = "it" if len(top) == 1 else f"{len(lost)} of {len(top)} images, such as {child.digest}"
    reason = _INVISIBLE.format(what=what, why=why)
    return Answer(reason, is_broken=True, rules=("DKR012", "OCI018"))


def _wharfie(name: str, tool: str, question: Question) -> Verdict:
    """The verdict of k3s, or of rke2, whose agent is that of k3s."""
    typed = f"cp {question.quoted_path} /var/lib/rancher/{tool}/agent/images/"
    return verdict_of(Command(name, _DIRECTORY, typed), question, partial(_import_by_name, tool))


def _import_by_name(tool: str, question: Question) -> Answer:
    return _import(question, _selected(question.archive, tool), every, find_or_refuse)


def _k0s(question: Question) -> Verdict:
    typed = f"cp {question.quoted_path} /var/lib/k0s/images/"
    return verdict_of(Command(_K0S, _DIRECTORY, typed), question, _import_for_k0s)


def _import_for_k0s(question: Question) -> Answer:
    return _import(question, CompressionKind.NONE, keep_for(question.host), _find_or_skip)


def _find_or_skip(store: ContentStore, digest: str) -> Content | None:
    return store.get(digest)


def _import(
    question: Question,
    kind: CompressionKind,
    keep: Keep,
    find: Find,
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
    for child in filter(name_of, top):
        check_target(child)
    invisible = _invisible(top)
    if invisible is not None:
        return invisible
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


def _selected(archive: Archive, tool: str) -> CompressionKind:
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
        f"{tool} ignores the file because of its name: it takes names that end with {known} {_LZ4}",
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
