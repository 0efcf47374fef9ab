"""Unpacking by hand: ``tar -x`` (GNU tar 1.34) and ``bsdtar -x`` (libarchive 3.6.2), as root."""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import FLAT_KINDS
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.conditions import COMPRESSED_THRICE, OTHER_FORMAT
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.source import check_is_file
from checker_engines.unpackers import decisions, gnu_tar, libarchive
from checker_engines.unpackers.answers import answer_of

_ROOT = "the directory"
_TAR = Command("tar-1", "extract", "", takes_roots=True)
_BSDTAR = Command("bsdtar-3", "extract", "", takes_roots=True)
_IS_DIRECTORY = """\
tar: <tmp>: Cannot read: Is a directory
tar: At beginning of tape, quitting now
tar: Error is not recoverable: exiting now"""
PROFILES = (
    EngineProfile(
        name="bsdtar-3",
        tool="bsdtar",
        releases=(ReleaseRange("3.6", "3.8"),),
        library="libarchive 3.6.2",
        evidence=Evidence.MEASURED,
        measured_with="3.6.2: 1,235 archives with faults",
        groups=("unpackers",),
    ),
    EngineProfile(
        name="tar-1",
        tool="tar",
        releases=(ReleaseRange("1.34", "1.35"),),
        library="",
        evidence=Evidence.MEASURED,
        measured_with="1.34: 1,235 archives with faults",
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """Both programs."""
    yield Engine(
        *("bsdtar-3", "extract", _extract_with_bsdtar, "bsdtar 3.6.2, as root"),
        *(decisions.with_bsdtar, FLAT_KINDS),
        only_files=True,
    )
    yield Engine(
        *("tar-1", "extract", _extract_with_tar, "GNU tar 1.34, as root"),
        *(decisions.with_tar, FLAT_KINDS),
        only_files=True,
    )


def _extract_with_bsdtar(question: Question) -> Verdict:
    typed = f"bsdtar -xpf {question.quoted_path} -C DIRECTORY"
    return verdict_of(_BSDTAR._replace(typed=typed), question, _bsdtar)


def _extract_with_tar(question: Question) -> Verdict:
    # The part of a name before a colon is that of a host, unless a slash precedes the colon.
    is_remote = ":" in question.quoted_path.partition("/")[0]
    local = "--force-local " if is_remote else ""
    kept = "--numeric-owner --xattrs --xattrs-include='*'"
    typed = f"tar {local}{kept} -xpf {question.quoted_path} -C DIRECTORY"
    return verdict_of(_TAR._replace(typed=typed), question, _tar)


def _bsdtar(question: Question) -> Answer:
    check_is_file(question, "bsdtar: Error opening archive: Error reading '<tmp>'")
    work = Work(question.limits.simulated)
    other = libarchive.other_format(question.archive)
    if other is not None and libarchive.opening_error(question.archive) is None:
        reason = f"bsdtar unpacks {other} too; its content was not read here"
        return Answer(reason, conditions=(OTHER_FORMAT,))
    if libarchive.is_compressed_thrice(question.archive):
        reason = "bsdtar removes a third compression too; what it leaves was not read here"
        return Answer(reason, conditions=(COMPRESSED_THRICE,))
    return answer_of(question.archive, libarchive.unpack(question.archive, work), _ROOT)


def _tar(question: Question) -> Answer:
    check_is_file(question, _IS_DIRECTORY)
    work = Work(question.limits.simulated)
    return answer_of(question.archive, gnu_tar.unpack(question.archive, work), _ROOT)
