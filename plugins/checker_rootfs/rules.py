"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_rootfs.baked_in_host_file import BakedInHostFile
from checker_rootfs.baked_in_identity import BakedInIdentity
from checker_rootfs.blocked_mount_point import BlockedMountPoint
from checker_rootfs.broken_symlink import BrokenSymlink
from checker_rootfs.dockerenv_in_image import DockerenvInImage
from checker_rootfs.empty_password import EmptyPassword
from checker_rootfs.empty_rootfs import EmptyRootfs
from checker_rootfs.entrypoint_not_executable import EntrypointNotExecutable
from checker_rootfs.exposed_account_file import ExposedAccountFile
from checker_rootfs.file_capabilities import FileCapabilities
from checker_rootfs.half_merged_usr import HalfMergedUsr
from checker_rootfs.kernel_in_image import KernelInImage
from checker_rootfs.malformed_account_file import MalformedAccountFile
from checker_rootfs.malformed_os_release import MalformedOsRelease
from checker_rootfs.missing_entrypoint import MissingEntrypoint
from checker_rootfs.missing_health_program import MissingHealthProgram
from checker_rootfs.missing_interpreter import MissingInterpreter
from checker_rootfs.missing_library import MissingLibrary
from checker_rootfs.odd_base_directory import OddBaseDirectory
from checker_rootfs.root_for_other_host import RootForOtherHost
from checker_rootfs.runtime_leftover import RuntimeLeftover
from checker_rootfs.setuid_program import SetuidProgram
from checker_rootfs.unknown_user import UnknownUser
from checker_rootfs.unrunnable_program import UnrunnableProgram
from checker_rootfs.unusable_working_directory import UnusableWorkingDirectory
from checker_rootfs.whiteout_in_flat_rootfs import WhiteoutInFlatRootfs
from checker_rootfs.world_writable import WorldWritable
from checker_rootfs.wrong_architecture import WrongArchitecture

RULES: tuple[type[Check], ...] = (
    EmptyRootfs,
    MissingEntrypoint,
    EntrypointNotExecutable,
    WrongArchitecture,
    MissingInterpreter,
    WhiteoutInFlatRootfs,
    UnknownUser,
    UnusableWorkingDirectory,
    MissingHealthProgram,
    BrokenSymlink,
    HalfMergedUsr,
    BlockedMountPoint,
    OddBaseDirectory,
    RuntimeLeftover,
    KernelInImage,
    WorldWritable,
    SetuidProgram,
    FileCapabilities,
    MalformedAccountFile,
    EmptyPassword,
    ExposedAccountFile,
    MalformedOsRelease,
    BakedInIdentity,
    BakedInHostFile,
    DockerenvInImage,
    UnrunnableProgram,
    MissingLibrary,
    RootForOtherHost,
)
