"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_config.created_in_future import CreatedInFuture
from checker_config.diff_ids_count_mismatch import DiffIdsCountMismatch
from checker_config.history_mismatch import HistoryMismatch
from checker_config.invalid_config import InvalidConfig
from checker_config.invalid_healthcheck import InvalidHealthcheck
from checker_config.invalid_user import InvalidUser
from checker_config.invalid_volume import InvalidVolume
from checker_config.onbuild_trigger import OnbuildTrigger
from checker_config.relative_working_directory import RelativeWorkingDirectory
from checker_config.repeated_environment_variable import RepeatedEnvironmentVariable
from checker_config.unknown_config_platform import UnknownConfigPlatform
from checker_config.unknown_stop_signal import UnknownStopSignal
from checker_config.unsound_search_path import UnsoundSearchPath
from checker_config.unusual_label import UnusualLabel
from checker_config.wrong_rootfs_type import WrongRootfsType

RULES: tuple[type[Check], ...] = (
    InvalidConfig,
    WrongRootfsType,
    DiffIdsCountMismatch,
    HistoryMismatch,
    UnknownConfigPlatform,
    CreatedInFuture,
    RepeatedEnvironmentVariable,
    UnsoundSearchPath,
    InvalidVolume,
    InvalidUser,
    RelativeWorkingDirectory,
    UnknownStopSignal,
    InvalidHealthcheck,
    OnbuildTrigger,
    UnusualLabel,
)
