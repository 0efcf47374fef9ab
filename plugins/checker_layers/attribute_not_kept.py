"""LYR017: an extended attribute that engines drop, reject or interpret."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Layer, Severity
from checker.model.entries import is_whiteout
from checker.model.xattrs import (
    DENIED,
    INVALID,
    NOT_PERMITTED,
    NOT_SUPPORTED,
    OUT_OF_RANGE,
    TOO_LARGE,
    xattr_errors,
)
from checker.records import NamedTuple
from checker_layers.layers import TreeCheck, trees, whose

_OVERLAY = ("trusted.overlay.", "user.overlay.")
# Metadata that overlayfs keeps for any directory or file, and that is harmless.
_OVERLAY_NOTES = frozenset({"impure", "origin", "nlink", "upper", "uuid", "protattr"})
_LABEL = "security.selinux"
_LIBARCHIVE = "LIBARCHIVE.xattr."
_LABEL_RECORD = "RHT.security.selinux"


# By the error of the system for an attribute that cannot be set.
_REFUSED = {
    NOT_SUPPORTED: "Linux does not support it; Docker 25 and later reject the layer",
    INVALID: "its value is invalid on Linux; engines reject the layer",
    NOT_PERMITTED: "Linux allows it on files and directories only; Podman rejects the layer",
    OUT_OF_RANGE: "its name is empty or longer than 255 bytes; engines reject the layer",
    TOO_LARGE: "its value has more than 65536 bytes; engines reject the layer",
    DENIED: "Linux allows it on directories only; engines reject the layer",
}


class _Uses(NamedTuple):
    """How often an attribute occurs, and where first."""

    times: int
    first: int


class AttributeNotKept(TreeCheck):
    """Extended attributes that engines drop, reject, or interpret as their own.

    What it means:
        Files have extended attributes that do not survive. Errors: attributes that Linux does not
        support, such as ``com.apple.provenance`` of macOS or ``system.nfs4_acl`` of network shares,
        an invalid ``security.capability`` or access control list, and ``user.`` attributes of
        anything but a file or directory. Warnings: attributes of overlayfs that change what is
        visible (``trusted.overlay.opaque``), and capabilities and access control lists in records
        that engines do not read (``LIBARCHIVE.xattr.…`` without the same attribute under
        ``SCHILY.xattr.``, ``SCHILY.acl.…``). Notes: other ``trusted.`` attributes, SELinux labels,
        and other metadata of overlayfs, which Podman and Buildah may leave.

    Why it matters:
        Docker 25 and later reject what the filesystem does not support: "lsetxattr …: operation not
        supported". All engines reject an invalid capability ("invalid argument"), Podman rejects
        ``user.`` attributes of links. containerd drops ``trusted.``, Podman drops SELinux labels. A
        program that needs its capabilities fails without them, and a directory with attributes of
        overlayfs has different content on overlay storage than elsewhere.

    How to fix it:
        Write the layer without the attributes, and keep the capabilities explicitly:

            tar --xattrs --xattrs-include=security.capability -C ROOT -cf layer.tar .
            bsdtar --no-xattrs --no-mac-metadata -C ROOT -cf layer.tar .

    References:
        - Linux, xattr(7), and the kernel's documentation of overlayfs
        - containerd, pkg/archive: trusted attributes are left out
        - Go archive/tar: only SCHILY.xattr records are read
    """

    id = "LYR017"
    name = "attribute-not-kept"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check each attribute name once per layer."""
        for layer in trees(archive):
            for (name, error), found in _names(layer.entries).items():
                fate = _fate(name) if error is None else (Severity.ERROR, _REFUSED[error])
                if fate is not None:
                    yield self._report(layer, name, found, *fate)

    def _report(
        self, layer: Layer, name: str, found: _Uses, severity: Severity, fate: str
    ) -> Finding:
        entries = layer.entries
        path, offset = entries.paths[found.first], entries.offsets[found.first]
        count = f"{found.times} entries have" if found.times > 1 else "1 entry has"
        first = "; the first is" if found.times > 1 else ":"
        return self.finding(
            layer,
            f"{whose(layer)}{count} the extended attribute {name}{first} {path} at byte {offset}; "
            f"{fate}",
            at={"path": path, "offset": offset},
            severity=severity,
        )


def _names(entries: Entries) -> dict[tuple[str, str | None], _Uses]:
    """The attributes of a layer, by name and by the error of Linux when they are set."""
    found: dict[tuple[str, str | None], _Uses] = {}
    for position, xattrs in entries.xattrs.items():
        if is_whiteout(entries.paths[position]):
            continue  # engines do not unpack it
        errors = dict(xattr_errors(entries, position))
        for name in xattrs:
            _count(found, (name, errors.get(name)), position)
    for position, keys in entries.unread_attributes.items():
        known = entries.xattrs.get(position, ())
        for key in keys:
            # bsdtar writes each attribute twice, once in the common form.
            if key.removeprefix(_LIBARCHIVE) not in known:
                _count(found, (key, None), position)
    return found


def _count(
    found: dict[tuple[str, str | None], _Uses], key: tuple[str, str | None], position: int
) -> None:
    times, first = found.get(key, (0, position))
    found[key] = _Uses(times + 1, first)


def _fate(name: str) -> tuple[Severity, str] | None:
    """What engines do with an attribute, and the severity; None if they keep it."""
    if name == _LABEL_RECORD:
        return (Severity.NOTE, "an SELinux label of the build host, which engines do not read")
    if name.startswith((_LIBARCHIVE, "SCHILY.acl.", "RHT.")):
        return (Severity.WARNING, "engines do not read this kind of record; the attribute is lost")
    if name.startswith(_OVERLAY):
        return _overlay(name)
    if name == _LABEL:
        return (Severity.NOTE, "an SELinux label of the build host, which Podman drops")
    if name.startswith("trusted."):
        return (Severity.NOTE, "containerd drops it, other engines need privileges to set it")
    return None


def _overlay(name: str) -> tuple[Severity, str]:
    if name.rpartition(".")[2] in _OVERLAY_NOTES:
        return (Severity.NOTE, "metadata of overlayfs, which rootless Docker rejects")
    return (Severity.WARNING, "overlay storage interprets it, other storage drivers do not")
