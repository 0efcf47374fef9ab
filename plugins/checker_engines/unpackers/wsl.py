"""WSL: ``wsl --import`` (WSL 2.9, init/main.cpp, ImportFromSocket; LxssUserSession.cpp).

It runs ``bsdtar -x -p --xattrs --numeric-owner -f -``, and takes what has ``/etc`` or ``/bin/sh``
for a distribution. It was not measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import FLAT_KINDS
from checker.model.entries import Entries
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import NO_IMAGE, Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.unpackers import decisions, libarchive
from checker_engines.unpackers.answers import answer_of

_NAME, _ACTION = "wsl-2", "import"
_PATHS = ("etc", "bin/sh", "usr/bin/sh")
_CODE = "Error code: Wsl/Service/RegisterDistro/"
_FAILED = f"Importing the distribution failed.\n{_CODE}WSL_E_IMPORT_FAILED"
_NOT_LINUX = (
    f"The imported file is not a valid Linux distribution.\n{_CODE}WSL_E_NOT_A_LINUX_DISTRO"
)
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="wsl",
        releases=(ReleaseRange("2.0", "2.9"),),
        library="libarchive, bsdtar",
        evidence=Evidence.READ,
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a distribution from a tar."""
    yield Engine(
        *(_NAME, _ACTION, _import, "WSL 2.9.4, read"),
        *(decisions.with_wsl, FLAT_KINDS),
        only_files=True,
    )


def _import(question: Question) -> Verdict:
    typed = f"wsl --import NAME DIRECTORY {question.quoted_path}"
    command = Command(_NAME, _ACTION, typed, takes_roots=True)
    return verdict_of(command, question, _steps)


def _steps(question: Question) -> Answer:
    check_is_file(question, "Access is denied.\nError code: Wsl/E_ACCESSDENIED")
    archive = question.archive
    unpacking = libarchive.unpack(archive, Work(question.limits.simulated))
    if unpacking.failed:
        message = f"{unpacking.message}\n{_FAILED}"
        raise Refusal(message, unpacking.cause, unpacking.rules)
    if libarchive.other_format(archive) is None and not _is_distribution(archive.entries):
        reason = "it has neither /etc nor /bin/sh, so it is not taken for a distribution"
        raise Refusal(_NOT_LINUX, reason, ("RFS001", *NO_IMAGE))
    return answer_of(archive, unpacking, "the distribution")


def _is_distribution(entries: Entries) -> bool:
    return any(path in entries.by_path or path in entries.directories for path in _PATHS)
