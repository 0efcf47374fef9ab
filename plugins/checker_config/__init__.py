"""CFG: the config of an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Give the rules of this bundle."""
    from checker_config.diff_ids_count_mismatch import DiffIdsCountMismatch
    from checker_config.history_mismatch import HistoryMismatch
    from checker_config.invalid_config import InvalidConfig
    from checker_config.wrong_rootfs_type import WrongRootfsType

    yield InvalidConfig
    yield WrongRootfsType
    yield DiffIdsCountMismatch
    yield HistoryMismatch
