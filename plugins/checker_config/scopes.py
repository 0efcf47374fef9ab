"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding. Rules that look
at one config at a time say themselves that there is none, so their scopes include such archives.
"""

from __future__ import annotations

from collections.abc import Callable

from checker import Archive, Config, Image
from checker.checks.listed import Scope
from checker.checks.scopes import configs_of
from checker.model.image import strings, text
from checker_config.counts import diff_ids_count, filled_count, layers_count

_USUAL_PLATFORMS = frozenset({("linux", "amd64", None), ("linux", "arm64", None)})


def _where_a_config(is_so: Callable[[Config], bool]) -> Scope:
    def includes(archive: Archive) -> bool:
        configs = list(configs_of(archive))
        return not configs or any(map(is_so, configs))

    return Scope(includes, None)


def _with_setting(name: str) -> Scope:
    return _where_a_config(lambda config: bool(config.settings.get(name)))


def _has_odd_counts(image: Image) -> bool:
    """Whether manifest, config and history differ in the number of layers."""
    config = image.config
    if config is None:
        return False
    counts = {diff_ids_count(config), layers_count(image)}
    return len(counts | ({filled_count(config)} if config.history else set())) > 1


def _has_repeated_variables(config: Config) -> bool:
    names = [variable.partition("=")[0] for variable in strings(config.settings.get("Env"))]
    return len(set(names)) < len(names)


def _has_odd_user(config: Config) -> bool:
    """Whether the user is not just a word."""
    user = text(config.settings.get("User"))
    return bool(user) and not (user or "").isalpha()


def _has_relative_directory(config: Config) -> bool:
    directory = text(config.settings.get("WorkingDir"))
    return bool(directory) and not (directory or "").startswith("/")


def _is_of_unusual_platform(config: Config) -> bool:
    return (config.os, config.architecture, config.variant) not in _USUAL_PLATFORMS


ODD_COUNTS = Scope(lambda archive: any(map(_has_odd_counts, archive.images)), None)
ODD_ROOTFS_TYPES = _where_a_config(lambda config: config.rootfs_type not in (None, "layers"))
UNUSUAL_PLATFORMS = _where_a_config(_is_of_unusual_platform)
REPEATED_VARIABLES = _where_a_config(_has_repeated_variables)
ODD_USERS = _where_a_config(_has_odd_user)
RELATIVE_DIRECTORIES = _where_a_config(_has_relative_directory)
VOLUMES = _with_setting("Volumes")
STOP_SIGNALS = _with_setting("StopSignal")
HEALTH_CHECKS = _where_a_config(lambda config: config.settings.get("Healthcheck") is not None)
TRIGGERS = _where_a_config(lambda config: config.settings.get("OnBuild") not in (None, []))
LABELS = _with_setting("Labels")
