"""The errors of Go's archive/tar."""

from __future__ import annotations

from checker.model.tar import Anomaly, AnomalyKind, Tar

INVALID_HEADER = "archive/tar: invalid tar header"
UNEXPECTED_EOF = "unexpected EOF"
_BLOCK = 512
_CUT = frozenset(
    {
        AnomalyKind.INCOMPLETE_SPARSE_MAP,
        AnomalyKind.TRUNCATED_HEADER,
        AnomalyKind.TRUNCATED_CONTENT,
        AnomalyKind.TRUNCATED_PADDING,
    },
)


def tar_error(tar: Tar) -> str | None:
    """The error that ends the reading of the tar; None if there is none."""
    fatal = tar.fatal
    return None if fatal is None else _words(fatal, tar.size)


def not_a_tar_error(size: int) -> str | None:
    """The error for content that is not a tar, of a size in bytes."""
    if size == 0:
        return None
    return UNEXPECTED_EOF if size < _BLOCK else INVALID_HEADER


def _words(fatal: Anomaly, size: int) -> str:
    if fatal.kind is AnomalyKind.NOT_A_TAR:
        return not_a_tar_error(size) or INVALID_HEADER
    if fatal.kind is AnomalyKind.OVERSIZED_EXTENSION:
        return "archive/tar: header field too long"
    return UNEXPECTED_EOF if fatal.kind in _CUT else INVALID_HEADER
