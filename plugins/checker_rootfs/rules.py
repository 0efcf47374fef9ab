"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker import Check
from checker.checks.listed import ListedRule, listed
from checker_rootfs.baked_in_host_file import BakedInHostFile
from checker_rootfs.baked_in_identity import BakedInIdentity
from checker_rootfs.empty_password import EmptyPassword
from checker_rootfs.entrypoint_not_executable import EntrypointNotExecutable
from checker_rootfs.exposed_account_file import ExposedAccountFile
from checker_rootfs.malformed_account_file import MalformedAccountFile
from checker_rootfs.malformed_os_release import MalformedOsRelease
from checker_rootfs.missing_interpreter import MissingInterpreter
from checker_rootfs.missing_library import MissingLibrary
from checker_rootfs.root_for_other_host import RootForOtherHost
from checker_rootfs.scopes import (
    ATTRIBUTES,
    BOOT_FILES,
    COMMANDS,
    DOCKER_MARKED,
    EMPTY_ROOTS,
    FLAT_ROOTS,
    HALF_MERGED,
    NOT_EXPORTED,
    ODD_MOUNT_POINTS,
    OTHER_PROGRAMS,
    SETID_ENTRIES,
    SYMLINKS,
    WHITEOUTS,
    WITH_CONFIGS,
    WITH_LEFTOVERS,
    WORKING_DIRECTORIES,
    WRITABLE_ENTRIES,
)
from checker_rootfs.unknown_user import UnknownUser
from checker_rootfs.unrunnable_program import UnrunnableProgram
from checker_rootfs.wrong_architecture import WrongArchitecture

_TABLES = (
    ((EMPTY_ROOTS,), "RFS001 empty-rootfs"),
    ((WITH_CONFIGS, COMMANDS), "RFS002 missing-entrypoint"),
    ((FLAT_ROOTS, WHITEOUTS), "RFS006 whiteout-in-flat-rootfs"),
    ((WITH_CONFIGS, WORKING_DIRECTORIES), "RFS008 unusable-working-directory"),
    ((WITH_CONFIGS, OTHER_PROGRAMS), "RFS009 missing-health-program"),
    ((SYMLINKS,), "RFS010 broken-symlink"),
    ((HALF_MERGED,), "RFS011 half-merged-usr"),
    ((ODD_MOUNT_POINTS,), "RFS012 blocked-mount-point"),
    ((), "RFS013 odd-base-directory odd-base-folder"),
    ((WITH_LEFTOVERS,), "RFS014 runtime-leftover"),
    ((BOOT_FILES,), "RFS015 kernel-in-image"),
    ((WRITABLE_ENTRIES,), "RFS016 world-writable"),
    ((SETID_ENTRIES,), "RFS017 setuid-program"),
    ((ATTRIBUTES,), "RFS018 file-capabilities"),
    ((NOT_EXPORTED, DOCKER_MARKED), "RFS025 dockerenv-in-image"),
)

RULES: tuple[type[Check] | ListedRule, ...] = (
    *listed("checker_rootfs", *_TABLES),
    EntrypointNotExecutable,
    WrongArchitecture,
    MissingInterpreter,
    UnknownUser,
    MalformedAccountFile,
    EmptyPassword,
    ExposedAccountFile,
    MalformedOsRelease,
    BakedInIdentity,
    BakedInHostFile,
    UnrunnableProgram,
    MissingLibrary,
    RootForOtherHost,
)
"""All rules of the bundle."""
