"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_hygiene.add_instead_of_copy import AddInsteadOfCopy
from checker_hygiene.credential_file import CredentialFile
from checker_hygiene.deleted_file import DeletedFile
from checker_hygiene.deleted_secret import DeletedSecret
from checker_hygiene.distribution_upgrade import DistributionUpgrade
from checker_hygiene.file_in_several_layers import FileInSeveralLayers
from checker_hygiene.latest_tag import LatestTag
from checker_hygiene.missing_healthcheck import MissingHealthcheck
from checker_hygiene.missing_label import MissingLabel
from checker_hygiene.missing_signature import MissingSignature
from checker_hygiene.package_cache import PackageCache
from checker_hygiene.secret_in_environment import SecretInEnvironment
from checker_hygiene.secret_in_file import SecretInFile
from checker_hygiene.secret_in_history import SecretInHistory
from checker_hygiene.secret_in_label import SecretInLabel
from checker_hygiene.sudo_in_build import SudoInBuild
from checker_hygiene.unnecessary_file import UnnecessaryFile
from checker_hygiene.update_without_install import UpdateWithoutInstall
from checker_hygiene.user_is_root import UserIsRoot
from checker_hygiene.volume_over_system_directory import VolumeOverSystemDirectory
from checker_hygiene.wasteful_layers import WastefulLayers

RULES: tuple[type[Check], ...] = (
    UserIsRoot,
    MissingHealthcheck,
    MissingSignature,
    UpdateWithoutInstall,
    AddInsteadOfCopy,
    SecretInEnvironment,
    SecretInLabel,
    SecretInHistory,
    SudoInBuild,
    VolumeOverSystemDirectory,
    DistributionUpgrade,
    LatestTag,
    MissingLabel,
    CredentialFile,
    DeletedSecret,
    DeletedFile,
    WastefulLayers,
    FileInSeveralLayers,
    PackageCache,
    UnnecessaryFile,
    SecretInFile,
)
