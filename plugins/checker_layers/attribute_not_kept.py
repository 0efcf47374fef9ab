"""LYR017: an extended attribute that engines drop, refuse or take for their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import Entries
from checker.model.image import Layer
from checker.model.xattrs import INVALID, NOT_PERMITTED, NOT_SUPPORTED, errors_of
from checker_layers._layers import no_tree_reason, trees, whose

_OVERLAY = ("trusted.overlay.", "user.overlay.")
# What overlay itself notes of every folder or file, and does no harm.
_OVERLAY_NOTES = frozenset({"impure", "origin", "nlink", "upper", "uuid", "protattr"})
_LABEL = "security.selinux"
_LIBARCHIVE = "LIBARCHIVE.xattr."
_LABEL_RECORD = "RHT.security.selinux"


# By the words of the system for an attribute that cannot be set.
_REFUSED = {
    NOT_SUPPORTED: "Linux has no such attribute, and Docker since 25 refuses that",
    INVALID: "the value is none that Linux takes, and engines refuse it",
    NOT_PERMITTED: "only files and directories can have it, and Podman refuses it elsewhere",
}


class _Uses(NamedTuple):
    """How often an attribute is there, and where first."""

    times: int
    first: int


class AttributeNotKept(Check):
    """Extended attributes that engines drop, refuse, or take for their own.

    What it means:
        Files carry extended attributes that do not get through. Errors are those that Linux does
        not have, such as `com.apple.provenance` of macOS or `system.nfs4_acl` of network shares, a
        `security.capability` or access control list that is none, and `user.` on what is no file
        or directory. Warnings are those of overlay storage that change what is seen
        (`trusted.overlay.opaque`), and capabilities and access control lists in records that
        engines do not read (`LIBARCHIVE.xattr.…` without its like under `SCHILY.xattr.`,
        `SCHILY.acl.…`). Notes are the rest of `trusted.`, labels of SELinux, and other traces of
        overlay storage, which Podman and Buildah may leave.

    Why it matters:
        Docker since 25 refuses what the file system does not take: "lsetxattr …: operation not
        supported". A broken capability is refused by all ("invalid argument"), `user.` on a link
        by Podman. containerd leaves out `trusted.`, Podman leaves out SELinux labels. A file
        without its capabilities fails in the container, and a folder with overlay's marks shows or
        hides other files on overlay storage than elsewhere.

    How to fix it:
        Write the layer without them: GNU tar `--no-xattrs`, bsdtar `--no-xattrs --no-mac-metadata`.
        Keep capabilities with GNU tar and `--xattrs --xattrs-include=security.capability`.

    References:
        - Linux, xattr(7), and the kernel's documentation of overlayfs
        - containerd, pkg/archive: trusted attributes are left out
        - Go archive/tar: only SCHILY.xattr records are read
    """

    id = "LYR017"
    name = "attribute-not-kept"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no files."""
        return no_tree_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at each name of an attribute once a layer."""
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
        first = ", the first is" if found.times > 1 else ":"
        return self.finding(
            layer,
            f"{whose(layer)}{count} the attribute {name}{first} {path} at byte {offset}; {fate}",
            at={"path": path, "offset": offset},
            severity=severity,
        )


def _names(entries: Entries) -> dict[tuple[str, str | None], _Uses]:
    """The attributes of a layer by name and by what Linux says if they are set."""
    found: dict[tuple[str, str | None], _Uses] = {}
    for position, xattrs in entries.xattrs.items():
        errors = dict(errors_of(chr(entries.kinds[position]), xattrs))
        for name in xattrs:
            _count(found, (name, errors.get(name)), position)
    for position, keys in entries.unread_attributes.items():
        known = entries.xattrs.get(position, ())
        for key in keys:
            # bsdtar writes each attribute twice, once as all others do.
            if key.removeprefix(_LIBARCHIVE) not in known:
                _count(found, (key, None), position)
    return found


def _count(
    found: dict[tuple[str, str | None], _Uses], key: tuple[str, str | None], position: int
) -> None:
    times, first = found.get(key, (0, position))
    found[key] = _Uses(times + 1, first)


def _fate(name: str) -> tuple[Severity, str] | None:
    """What becomes of an attribute, and how much it matters; None if it gets through."""
    if name == _LABEL_RECORD:
        return (Severity.NOTE, "a label of the host that engines do not read")
    if name.startswith((_LIBARCHIVE, "SCHILY.acl.", "RHT.")):
        return (Severity.WARNING, "engines do not read records of that kind, so it is lost")
    if name.startswith(_OVERLAY):
        return _overlay(name)
    if name == _LABEL:
        return (Severity.NOTE, "a label of the host; Podman leaves it out")
    if name.startswith("trusted."):
        return (Severity.NOTE, "containerd leaves it out, others need privileges to set it")
    return None


def _overlay(name: str) -> tuple[Severity, str]:
    if name.rpartition(".")[2] in _OVERLAY_NOTES:
        return (Severity.NOTE, "a trace of overlay storage; rootless Docker refuses it")
    return (Severity.WARNING, "overlay storage obeys it, other storage does not")
