"""Incus: ``incus image import`` of one tarball, or of metadata and a root (Incus 7.3).

Sources: cmd/incusd/images.go, getImageMetadata; shared/archive, DetectCompressionFile and Unpack;
internal/server/storage/utils.go, ImageUnpack. It was not measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker.model.archive import FLAT_KINDS, Archive, Kind
from checker.model.compression import CompressionKind
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import DAMAGED, NO_IMAGE, Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.golang.tar import tar_error
from checker_engines.unpackers import decisions, gnu_tar
from checker_engines.unpackers.answers import answer_of

_NAME = "incus-7"
_UNIFIED, _SPLIT = "image import", "image import with metadata"
_METADATA = ("metadata.yaml", "./metadata.yaml")
_ROOT = "rootfs"
_HEADER = 262
_MISSING = "Error: Metadata tarball is missing metadata.yaml"
_UNSUPPORTED = "Error: Unsupported compression"
_NO_DEVICES = "the container, which gets the device nodes of the host,"
_GIVEN = "the metadata are in a tarball with a metadata.yaml, which the command names first"
_CONTENT = "metadata.yaml names an architecture and a creation date: its content was not read here"
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="incus",
        releases=(ReleaseRange("6.0", "7.3"),),
        library="GNU tar",
        evidence=Evidence.READ,
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """The actions: one tarball with metadata and root, or a root beside its metadata."""
    judge = partial(_import, _UNIFIED)
    follows = "Incus 7.3, read"
    none: frozenset[Kind] = frozenset()
    yield Engine(_NAME, _UNIFIED, judge, follows, decisions.with_incus, none, only_files=True)
    judge = partial(_import, _SPLIT)
    decides = decisions.with_incus
    yield Engine(_NAME, _SPLIT, judge, follows, decides, FLAT_KINDS, only_files=True)


def _import(action: str, question: Question) -> Verdict:
    steps = _unified if action == _UNIFIED else _split
    metadata = "" if action == _UNIFIED else "metadata.tar.gz "
    typed = f"incus image import {metadata}{question.quoted_path} --alias NAME"
    return verdict_of(Command(_NAME, action, typed, takes_roots=True), question, steps)


def _unified(question: Question) -> Answer:
    """Import one tarball (getImageMetadata)."""
    archive = question.archive
    check_is_file(question, _MISSING)
    _check_format(archive)
    entries = archive.entries
    has_metadata = any(entries.name(i) in _METADATA for i in _positions(archive))
    has_root = _ROOT in entries.directories or entries.get(_ROOT) is not None
    stop = tar_error(archive.tar)
    if stop is not None and not (has_metadata and has_root):
        raise Refusal(f"Error: {stop}", "the tar cannot be read to its end", DAMAGED)
    if not has_metadata:
        raise Refusal(
            _MISSING,
            "it has no metadata.yaml: name a tarball with one before it on the command line",
            NO_IMAGE,
        )
    if not has_root:
        return Answer(
            "the image is imported, but no container can be created from it: it has no rootfs/",
            is_broken=True,
            conditions=(_CONTENT,),
        )
    return Answer("the image is imported", conditions=(_CONTENT,))


def _positions(archive: Archive) -> Iterator[int]:
    for positions in archive.entries.positions({"metadata.yaml"}).values():
        yield from positions


def _split(question: Question) -> Answer:
    """Import a root beside its metadata; it is unpacked when a container is created."""
    archive = question.archive
    check_is_file(question, _UNSUPPORTED)
    _check_format(archive)
    unpacking = gnu_tar.unpack(archive, Work(question.limits.simulated))
    if unpacking.failed:
        return Answer(
            "the image is imported, but no container can be created from it: GNU tar says "
            f"{' '.join(unpacking.message.split())!r}",
            is_broken=True,
            rules=unpacking.rules,
            conditions=(_GIVEN,),
        )
    return answer_of(archive, unpacking, _NO_DEVICES)._replace(conditions=(_GIVEN,))


def _check_format(archive: Archive) -> None:
    """Refuse what is not recognized by its first bytes (DetectCompressionFile)."""
    compression = archive.compression
    if compression.kind is not CompressionKind.NONE and not compression.skippable_first:
        return
    fault = archive.tar.fatal
    is_first = fault is not None and fault.offset == 0
    if compression.skippable_first or archive.tar.size < _HEADER or is_first:
        reason = "it is not recognized as a tar, or as a compression, by its first bytes"
        raise Refusal(_UNSUPPORTED, reason, NO_IMAGE)
