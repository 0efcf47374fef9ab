"""How findings about a root filesystem name it, its entries and their locations."""

from __future__ import annotations

from checker import Entry, Rootfs, RootfsEntry
from checker.checks.check import Place


def is_windows(rootfs: Rootfs) -> bool:
    """Whether a root filesystem is for Windows, to which the rules do not apply."""
    config = rootfs.config
    return (config is not None and config.os == "windows") or rootfs.get(
        "Files/Windows"
    ) is not None


def is_wasm(rootfs: Rootfs) -> bool:
    """Whether an image contains a WebAssembly module, which a separate runtime starts."""
    config = rootfs.config
    return config is not None and (config.architecture or "").startswith("wasm")


def is_empty(rootfs: Rootfs) -> bool:
    """Whether a root filesystem has no visible entry except the root itself; see RFS001."""
    return len(rootfs) == 0 or (len(rootfs) == 1 and rootfs.get("") is not None)


def name_of(rootfs: Rootfs) -> str:
    """How messages name a root filesystem: by its image."""
    return "the root filesystem" if rootfs.image is None else rootfs.image.label


def shown(rootfs: Rootfs, placed: RootfsEntry) -> str:
    """How messages name an entry: by its path and, in an image, by its layer."""
    layer, entry = placed.layer, placed.entry
    path = entry.path or "/"
    return path if rootfs.image is None else f"{path} ({layer.label})"


def place_of(rootfs: Rootfs, entry: Entry) -> Place:
    """The fields of a finding's location for an entry; its layer is the subject of the finding."""
    if rootfs.image is None:
        return {"member": entry.name, "path": entry.path, "offset": entry.offset}
    return {"path": entry.path, "offset": entry.offset}


def octal(entry: Entry) -> str:
    """The mode bits of an entry as for chmod: ``4755``."""
    return f"{entry.mode & 0o7777:04o}"
