"""What verdicts depend on besides the file, in the same words for all engines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from checker.checks.listing import first_few
from checker.model.archive import Archive
from checker.model.image import Image
from checker.verdicts import Question, Storage, Verdict, VerdictOutcome

XZ = "xz is installed on the host: Docker needs it to decompress xz"
UNPIGZ = "unpigz is installed on the host: without it the error for corrupt gzip data differs"
EMPTY_STORE = "the image store is empty: a layer that is already stored is not read again"
DEVICES = "the engine runs as root: a rootless engine cannot create device nodes"
_OTHER_STORAGE = "the storage driver is overlay, the default: on vfs the archive is {what}"
_ONE_PLATFORM = (
    "--all-platforms, which kind and k3s use, is not given: with it, ctr refuses the archive, "
    "which lacks content for {what} (create it with docker save --platform)"
)
_OVERLAYFS = "the snapshotter is overlayfs, the default: native {what}"
URLS = "a layer lists urls: the tool may download it from there"
OTHER_FORMAT = "the file is sound, of which the format was not read here"
COMPRESSED_THRICE = "an archive is in it, which was not read here: it is compressed three times"
LAYER_COMPRESSED_TWICE = (
    "a layer is compressed twice: the engine decompresses both, and the inner data was not checked"
)
_MOST_NAMED = 3
_ABSENT = (
    "the image store does not have {what} either: the archive is loaded where it has them, and all "
    "layers below them"
)
_CUT_SHORT = "what was not read because of a limit is valid (raise the limit with --limit): {what}"


def other_storage(
    judge: Callable[[Question], Verdict], question: Question, verdict: Verdict
) -> Iterator[str]:
    """The condition that the storage driver is the usual one, where another refuses or accepts.

    Args:
        judge: The profile.
        question: What was asked; nothing is assumed of a host whose driver is known.
        verdict: The answer of the profile.
    """
    # An outcome that is not known is not compared; to find out the other takes time.
    if question.host.storage is not None or verdict.limit is not None:
        return
    host = question.host._replace(storage=Storage.VFS)
    other = judge(question._replace(host=host))
    is_refused = other.outcome is VerdictOutcome.REJECTS
    if other.limit is None and is_refused is not (verdict.outcome is VerdictOutcome.REJECTS):
        yield on_vfs(f"refused: {other.reason}" if is_refused else "accepted")


def on_vfs(what: str) -> str:
    """The condition that the storage driver is the usual one.

    Args:
        what: What the other one does, such as "accepted".
    """
    return _OTHER_STORAGE.format(what=what)


def overlayfs(what: str) -> str:
    """The condition that the snapshotter of containerd is its default.

    Args:
        what: What the native snapshotter does, such as "refuses layer 2 of app:1".
    """
    return _OVERLAYFS.format(what=what)


def one_platform(platforms: Sequence[str]) -> str:
    """The condition that only the platform of the host is imported.

    Args:
        platforms: The platforms of which the archive lacks content.
    """
    return _ONE_PLATFORM.format(what=first_few(platforms, _MOST_NAMED))


def absent_layers(images: Iterable[Image]) -> Iterator[str]:
    """The condition that layers which the archive lacks are not stored already.

    Args:
        images: The images whose layers the engine does not read where they are stored.
    """
    absent = [
        layer.label
        for image in images
        for layer in image.layers
        if layer.blob is None and layer.diff_id is not None
    ]
    if absent:
        yield _ABSENT.format(what=first_few(absent, _MOST_NAMED))


def reading_conditions(archive: Archive) -> tuple[str, ...]:
    """What is unknown because reading stopped at a limit."""
    return tuple(dict.fromkeys(_CUT_SHORT.format(what=reached.what) for reached in archive.limits))
