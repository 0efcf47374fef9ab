"""LXC: ``lxc-create -t local`` (LXC 5.0.2, templates/lxc-local.in), with GNU tar 1.34."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import FLAT_KINDS, Archive
from checker.model.compression import CompressionKind
from checker.model.damage import OtherFormat
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import DAMAGED
from checker_engines.answers.source import check_is_file
from checker_engines.unpackers import decisions, gnu_tar
from checker_engines.unpackers.answers import answer_of
from checker_engines.unpackers.outcome import Unpacking

_NAME, _ACTION = "lxc-5", "create -t local"
_NOT_XZ = (
    "xz: (stdin): File format not recognized",
    "tar: Child returned status 1",
    gnu_tar.FATAL,
)
_IS_DIRECTORY = f"xz: (stdin): Is a directory\ntar: Child returned status 1\n{gnu_tar.FATAL}"
_LZMA = b"\x5d\x00\x00"
_METADATA = "the metadata are in a tar.xz with a file config, which the command names"
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="lxc",
        releases=(ReleaseRange("5.0", "5.0"),),
        library="GNU tar 1.34",
        evidence=Evidence.MEASURED,
        measured_with="5.0.2: 1,235 archives with faults, with the template",
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: the root of a container from a tar.xz."""
    yield Engine(
        *(_NAME, _ACTION, _create, "LXC 5.0.2, as root, with GNU tar 1.34"),
        *(decisions.with_lxc, FLAT_KINDS),
        only_files=True,
    )


def _create(question: Question) -> Verdict:
    options = f"--metadata meta.tar.xz --fstree {question.quoted_path}"
    typed = f"lxc-create --name NAME --template local -- {options}"
    command = Command(_NAME, _ACTION, typed, takes_roots=True)
    return verdict_of(command, question, _steps)


def _steps(question: Question) -> Answer:
    check_is_file(question, _IS_DIRECTORY)
    if is_lzma(question.archive):
        return Answer("xz decompresses lzma too; the content was not read here")
    unpacking = _unpack(question.archive, Work(question.limits.simulated))
    answer = answer_of(question.archive, unpacking, "the container")
    return answer._replace(conditions=(_METADATA,))


def is_lzma(archive: Archive) -> bool:
    """Whether an archive is compressed in the form before xz."""
    damage = archive.damage
    return isinstance(damage, OtherFormat) and damage.format.signature == _LZMA


def _unpack(archive: Archive, work: Work) -> Unpacking:
    """Unpack the tree; the option for xz is given, so that no other compression is tried."""
    if archive.compression.kind is CompressionKind.XZ:
        return gnu_tar.unpack(archive, work)
    cause = "only a tar that is compressed with xz is unpacked: compress it with xz"
    return Unpacking(_NOT_XZ, True, -1, cause, DAMAGED)
