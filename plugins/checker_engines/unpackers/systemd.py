"""systemd: ``importctl import-tar`` and ``machinectl import-tar`` (systemd 252, src/import).

Sources: import-tar.c, import-compress.c, and import-common.c, import_fork_tar_x and
import_mangle_os_tree. It removes the compression and runs GNU tar with ``--ignore-zeros``.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.archive import FLAT_KINDS, Archive
from checker.model.compression import Compression, CompressionKind
from checker.model.work import Work
from checker.verdicts import Engine, EngineProfile, Evidence, Question, ReleaseRange, Verdict
from checker_engines.answers.reading import Answer, Command, verdict_of
from checker_engines.answers.refusal import DAMAGED, Refusal
from checker_engines.answers.source import check_is_file
from checker_engines.unpackers import decisions, gnu_headers, gnu_tar
from checker_engines.unpackers.answers import answer_of
from checker_engines.unpackers.outcome import Unpacking

_NAME, _ACTION = "systemd-252", "import-tar"
_BLOCK = 512
_PIPE = gnu_headers.Input(is_seekable=False, is_checked=True, ignores_zeros=True)
_NOT_A_TAR = f"tar: {gnu_headers.NOT_A_TAR}"
_EXIT = "tar failed with exit status 2."
_DECODING = "Failed to decode and write: Input/output error"
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_OPTIONS = {
    b"\x1f\x8b": "-z",
    b"BZh": "-j",
    b"\xfd7zXZ\0": "-J",
    b"\x28\xb5\x2f\xfd": "--zstd",
    b"\x1f\x9d": "-Z",
    b"LZIP": "--lzip",
    b"\x89LZO": "--lzop",
}
"""The option of GNU tar that removes a compression, by its first bytes."""
PROFILES = (
    EngineProfile(
        name=_NAME,
        tool="systemd",
        releases=(
            ReleaseRange("252", "255"),
            ReleaseRange(
                "256", "257", "the command is importctl import-tar; zstd is removed as well"
            ),
        ),
        library="GNU tar 1.34",
        evidence=Evidence.MEASURED,
        measured_with="252: 1,235 archives with faults, with systemd-import",
        groups=("unpackers",),
    ),
)


def engines() -> Iterator[Engine]:
    """The action: a directory below ``/var/lib/machines``."""
    yield Engine(
        *(_NAME, _ACTION, _import, "systemd 252, with GNU tar 1.34"),
        *(decisions.with_systemd, FLAT_KINDS),
        only_files=True,
    )


def _import(question: Question) -> Verdict:
    typed = f"machinectl import-tar {question.quoted_path} NAME"
    command = Command(_NAME, _ACTION, typed, takes_roots=True)
    return verdict_of(command, question, _steps)


def _steps(question: Question) -> Answer:
    check_is_file(question, "Failed to read input file: Is a directory")
    archive = question.archive
    _check_compression(archive.compression)
    compression = archive.compression
    if compression.truncated and compression.kind is not CompressionKind.ZSTD:
        if archive.tar.size < _BLOCK:
            message = f"{_NOT_A_TAR}\n{gnu_tar.FAILED}\n{_EXIT}"
            raise Refusal(message, "the compressed data ends before the first entry", DAMAGED)
        return Answer(
            "exits 0, but the directory lacks what follows the place where the compressed data "
            "ends early",
            is_broken=True,
            rules=DAMAGED,
        )
    unpacking = _unpack(archive, Work(question.limits.simulated))
    if unpacking.failed:
        unpacking = unpacking._replace(lines=(*unpacking.lines, _EXIT))
    answer = answer_of(archive, unpacking, "the machine")
    if answer.is_broken or any(archive.entries.get(path) for path in _RELEASES):
        return answer
    reason = f"{answer.reason}; systemd-nspawn does not start it, as it has no os-release"
    return answer._replace(reason=reason)


def _check_compression(compression: Compression) -> None:
    """Refuse what import-compress.c does not decompress."""
    error, is_gzip = compression.error, compression.kind is CompressionKind.GZIP
    if is_gzip and (compression.streams > 1 or compression.trailing is not None):
        raise Refusal(
            "",
            "the command does not end: its decompressor waits for the end of the first gzip "
            "member, and more follows it",
            ("ARC006", "ARC007", "ARC015"),
        )
    is_bzip2 = compression.kind is CompressionKind.BZIP2
    has_more = is_bzip2 and (compression.streams > 1 or compression.trailing is not None)
    is_corrupt = compression.reserved_flags or (error is not None and not compression.truncated)
    if compression.kind is not CompressionKind.ZSTD and (is_corrupt or has_more):
        reason = "the archive cannot be decompressed"
        raise Refusal(_DECODING, reason, DAMAGED)


def _unpack(archive: Archive, work: Work) -> Unpacking:
    """Unpack what is decompressed with GNU tar, which reads from a pipe."""
    option = _option_of(archive)
    if option is not None:
        asked = f"tar: Archive is compressed. Use {option} option"
        cause = "GNU tar does not decompress what it is given through a pipe"
        return Unpacking((asked, gnu_tar.FATAL), True, -1, cause, ("DKR017", "ARC013"))
    return gnu_tar.unpack_tar(archive, work, _PIPE)


def _option_of(archive: Archive) -> str | None:
    """The option that GNU tar asks for, if what it is given is compressed."""
    compression = archive.compression
    if compression.kind is CompressionKind.ZSTD and not compression.skippable_first:
        return "--zstd"
    head = archive.tar.head
    return next((option for magic, option in _OPTIONS.items() if head.startswith(magic)), None)
