"""Scopes of several bundles, and what scopes ask of an archive and of the entries of a tar."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection

from checker.checks.listed import Scope
from checker.model.archive import Archive
from checker.model.entries import SPELLINGS, Entries
from checker.model.image import Config
from checker.model.rootfs import are_whole

IMAGES = Scope(lambda archive: bool(archive.images), "the archive has no image")
"""Archives with images."""
_ABSOLUTE = tuple(code for code, (prefix, _) in enumerate(SPELLINGS) if prefix == "/")


def tables_of(archive: Archive) -> Collection[Entries]:
    """The entries of each layer and of a flat root filesystem, each table once."""
    layers = [] if archive.rootfs is None else list(archive.rootfs.layers)
    layers += [layer for image in archive.images for layer in image.layers]
    return {id(layer.entries): layer.entries for layer in layers}.values()


def configs_of(archive: Archive) -> Collection[Config]:
    """The configs of the images, each once: a thousand images may share a large one."""
    configs = (image.config for image in archive.images if image.config is not None)
    return {config.blob.position: config for config in configs}.values()


def where_a_config(is_so: Callable[[Config], bool]) -> Scope:
    """The archives in which one of the configs is so, or which have none."""

    def includes(archive: Archive) -> bool:
        configs = configs_of(archive)
        return not configs or any(map(is_so, configs))

    return Scope(includes, None)


def with_setting(name: str) -> Scope:
    """The archives in which a config has a setting, such as ``Env``, or which have no config."""
    return where_a_config(lambda config: bool(config.settings.get(name)))


def has_whole_root(archive: Archive) -> bool:
    """Whether a rule that looks at root filesystems has one to look at; none is merged for it."""
    if archive.rootfs is not None:
        return True
    return any(are_whole(image.layers) for image in archive.images)


def has_odd_spellings(entries: Entries) -> bool:
    """Whether a name is absolute, or is not what a prefix and a suffix make of its path."""
    return bool(entries.own_names) or any(code in entries.spellings for code in _ABSOLUTE)


def has_ids_above(entries: Entries, most: int) -> bool:
    """Whether a user or group ID is above a number, or below zero."""
    return _is_any_above(entries.uids, most) or _is_any_above(entries.gids, most)


def _is_any_above(ids: array[int], most: int) -> bool:
    if not ids:
        return False
    # Most tars belong to one user alone, which takes a comparison of bytes to see.
    column = memoryview(ids)
    different = column[:1] if column[1:] == column[:-1] else column
    return min(different) < 0 or max(different) > most
