"""What verdicts depend on besides the file, in one wording for all engines."""

from __future__ import annotations

from checker.model.archive import Archive

XZ = "the program xz on the host, without which Docker cannot read xz"
UNPIGZ = "unpigz on the host, without which damage of gzip is told in other words"
EMPTY_STORE = "an empty store: a layer that the engine already holds is not read again"
DEVICES = "root, who may make device nodes: rootless engines cannot"
VFS = "the vfs graph driver: overlay2 makes a device node of a whiteout, and refuses two"
NO_COLON = "a path without a colon, which podman and skopeo take for a separator"
URLS = "a layer has urls: the tool may fetch it from there"
LAYER_COMPRESSED_TWICE = (
    "a layer is compressed twice: both are taken off, and what is below was not read"
)
_CUT_SHORT = "no fault in what a limit kept from being read (--limit raises it): {what}"


def reading_conditions(archive: Archive) -> tuple[str, ...]:
    """What is not known because the reading stopped at a limit."""
    return tuple(dict.fromkeys(_CUT_SHORT.format(what=reached.what) for reached in archive.limits))
