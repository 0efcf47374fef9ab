"""RFS: the merged root filesystem, and whether what an image starts can run in it."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Give the rules of this bundle."""
    from checker_rootfs.empty_rootfs import EmptyRootfs
    from checker_rootfs.entrypoint_not_executable import EntrypointNotExecutable
    from checker_rootfs.missing_entrypoint import MissingEntrypoint
    from checker_rootfs.missing_health_program import MissingHealthProgram
    from checker_rootfs.missing_interpreter import MissingInterpreter
    from checker_rootfs.unknown_user import UnknownUser
    from checker_rootfs.unusable_working_directory import UnusableWorkingDirectory
    from checker_rootfs.whiteout_in_flat_rootfs import WhiteoutInFlatRootfs
    from checker_rootfs.wrong_architecture import WrongArchitecture

    yield EmptyRootfs
    yield MissingEntrypoint
    yield EntrypointNotExecutable
    yield WrongArchitecture
    yield MissingInterpreter
    yield WhiteoutInFlatRootfs
    yield UnknownUser
    yield UnusableWorkingDirectory
    yield MissingHealthProgram
