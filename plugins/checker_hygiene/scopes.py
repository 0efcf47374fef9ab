"""The archives in which the rules of this bundle can find anything.

Each scope includes at least the archives in which one of its rules has a finding. Rules that look
at one config or root filesystem at a time say themselves that there is none, so their scopes
include such archives.
"""

from __future__ import annotations

from checker import Archive, Config, Entries
from checker.checks.listed import Scope
from checker.checks.scopes import (
    configs_of,
    has_whole_root,
    tables_of,
    where_a_config,
    with_setting,
)
from checker.model.image import text

_LATEST = ":latest"
CACHE_PLACES = frozenset(
    {
        *("root", "home", "var/cache", "var/lib/apt", "etc/apk", "lib/apk", "go/pkg"),
        *("usr/local/share/.cache", "usr/local/cargo", "usr/local/bundle"),
        *("opt/conda", "opt/miniconda3"),
    }
)
"""The directories in which package managers have their caches."""


def _has_labels(archive: Archive) -> bool:
    configs = configs_of(archive)
    manifests = () if archive.oci is None else archive.oci.manifests
    return (
        not (configs or manifests)
        or any(config.settings.get("Labels") for config in configs)
        or any(manifest.annotations for manifest in manifests)
    )


def _has_names_without_a_version(archive: Archive) -> bool:
    """Whether a name has the tag latest, or none."""
    names = (name for image in archive.images for name in image.names)
    return any(_LATEST in name or ":" not in name.rpartition("/")[2] for name in names)


def _where_history_has(*words: str, first: int = 0) -> Scope:
    """The images of whose history one step has any of some words.

    Args:
        words: The words, or parts of them.
        first: Number of the first step that matters, from 0.
    """

    def is_so(config: Config) -> bool:
        steps = (text(entry.get("created_by")) or "" for entry in config.history[first:])
        return any(word in step for step in steps for word in words)

    return where_a_config(is_so)


def _is_unwatched(config: Config) -> bool:
    """Whether it starts something, without a health check."""
    return config.has_command and config.settings.get("Healthcheck") is None


def _has_several_layers(archive: Archive) -> bool:
    is_any = any(len(image.layers) > 1 for image in archive.images)
    return is_any or not has_whole_root(archive)


def _may_have_caches(archive: Archive) -> bool:
    return not has_whole_root(archive) or any(map(_has_cache_places, tables_of(archive)))


def _has_cache_places(entries: Entries) -> bool:
    return not (entries.knows_all_directories and CACHE_PLACES.isdisjoint(entries.directories))


LAYOUTS = Scope(
    lambda archive: archive.oci is not None, "only an OCI image layout can contain signatures"
)
"""Image layouts."""

VARIABLES = with_setting("Env")
UNWATCHED = where_a_config(_is_unwatched)
# The first step may begin with the files of a base image.
ADDITIONS = _where_history_has("ADD", first=1)
UPGRADES = _where_history_has("up", "sync", "pacman")
SUDO = _where_history_has("sudo")
VOLUMES = with_setting("Volumes")
LABELS = Scope(_has_labels, None)
NAMES_WITHOUT_A_VERSION = Scope(_has_names_without_a_version, None)
SEVERAL_LAYERS = Scope(_has_several_layers, None)
CACHES = Scope(_may_have_caches, None)
