"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_docker.config_name_mismatch import ConfigNameMismatch
from checker_docker.dangling_symlink import DanglingSymlink
from checker_docker.docker_oci_mismatch import DockerOciMismatch
from checker_docker.invalid_manifest_json import InvalidManifestJson
from checker_docker.invalid_repositories import InvalidRepositories
from checker_docker.invalid_repository_tag import InvalidRepositoryTag
from checker_docker.invalid_v1_config import InvalidV1Config
from checker_docker.layer_count_mismatch import LayerCountMismatch
from checker_docker.layer_path_reused import LayerPathReused
from checker_docker.legacy_format import LegacyFormat
from checker_docker.missing_config import MissingConfig
from checker_docker.missing_layer import MissingLayer
from checker_docker.repeated_name import RepeatedName
from checker_docker.repositories_mismatch import RepositoriesMismatch
from checker_docker.too_many_layers import TooManyLayers
from checker_docker.unnamed_image import UnnamedImage
from checker_docker.unportable_path import UnportablePath
from checker_docker.unreadable_layer_compression import UnreadableLayerCompression
from checker_docker.wrong_version_file import WrongVersionFile

RULES: tuple[type[Check], ...] = (
    InvalidManifestJson,
    MissingConfig,
    MissingLayer,
    LayerCountMismatch,
    InvalidRepositoryTag,
    InvalidRepositories,
    InvalidV1Config,
    UnportablePath,
    ConfigNameMismatch,
    LayerPathReused,
    RepeatedName,
    UnnamedImage,
    RepositoriesMismatch,
    DockerOciMismatch,
    LegacyFormat,
    TooManyLayers,
    UnreadableLayerCompression,
    DanglingSymlink,
    WrongVersionFile,
)
