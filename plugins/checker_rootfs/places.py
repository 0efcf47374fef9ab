"""How findings about a root name it and point into it."""

from __future__ import annotations

from checker.checks.check import Place
from checker.model.entries import Entry
from checker.model.rootfs import Placed, Rootfs


def is_windows(rootfs: Rootfs) -> bool:
    """Whether a root is one of Windows, where nothing of Unix holds."""
    config = rootfs.config
    return (config is not None and config.os == "windows") or rootfs.get(
        "Files/Windows"
    ) is not None


def is_wasm(rootfs: Rootfs) -> bool:
    """Whether an image holds a WebAssembly module, which a runtime of its own finds and starts."""
    config = rootfs.config
    return config is not None and (config.architecture or "").startswith("wasm")


def name_of(rootfs: Rootfs) -> str:
    """How messages call a root: by its image."""
    return "the root filesystem" if rootfs.image is None else rootfs.image.label


def shown(rootfs: Rootfs, placed: Placed) -> str:
    """How messages call an entry: by its path and, in an image, by its layer."""
    layer, entry = placed
    path = entry.path or "/"
    return path if rootfs.image is None else f"{path} ({layer.label})"


def place_of(rootfs: Rootfs, entry: Entry) -> Place:
    """What the location of a finding says of an entry, whose layer is the finding's subject."""
    if rootfs.image is None:
        return {"member": entry.name, "path": entry.path, "offset": entry.offset}
    return {"path": entry.path, "offset": entry.offset}


def octal(entry: Entry) -> str:
    """The permission bits of an entry as chmod takes them: ``4755``."""
    return f"{entry.mode & 0o7777:04o}"
