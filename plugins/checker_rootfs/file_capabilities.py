"""RFS018: programs with file capabilities."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, RootfsEntry, Severity
from checker.model.xattrs import is_capability
from checker_rootfs.places import is_windows, place_of, shown

_ATTRIBUTE = "security.capability"
_NAMES = (
    *("chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid"),
    *("setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw"),
    *("ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct"),
    *("sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod"),
    *("lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog"),
    *("wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore"),
)


class FileCapabilities(Check):
    """A program has file capabilities.

    What it means:
        The extended attribute security.capability gives a program some of the rights of root,
        whoever starts it. Each such program is a note that lists its capabilities. A value that is
        invalid on Linux is reported by attribute-not-kept.

    Why it matters:
        Like setuid programs they are ways to more rights inside the container. A program with
        effective capabilities does not start at all ("operation not permitted") if the engine
        removes one of them from the bounding set, as many clusters do. And a tool that copies the
        image without extended attributes silently drops them.

    How to fix it:
        Remove capabilities that are not needed; use a port above 1023 instead of net_bind_service.

            setcap -r /usr/bin/app

    References:
        - capabilities(7), "File capabilities"
        - OCI image-spec 1.1, layer.md, "File Attributes"
    """

    id = "RFS018"
    name = "file-capabilities"
    severity = Severity.NOTE
    security = 4.0
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Decode each capability attribute."""
        if is_windows(rootfs):
            return
        for row in rootfs.with_xattr(_ATTRIBUTE):
            value = row.layer.entries.xattrs[row.position][_ATTRIBUTE]
            if is_capability(value):
                yield self._report(rootfs, row, _names(value))

    def _report(self, rootfs: Rootfs, row: RootfsEntry, names: tuple[str, ...]) -> Finding:
        entry = row.entry
        place = shown(rootfs, row)
        return self.finding(
            row.layer,
            f"{place} has the capabilities {', '.join(names) or '(none)'}",
            at=place_of(rootfs, entry),
        )


def _names(value: bytes) -> tuple[str, ...]:
    """The permitted and inheritable capabilities."""
    words = [int.from_bytes(value[i : i + 4], "little") for i in range(4, 20, 4)]
    bits = words[0] | words[1] | (words[2] | words[3]) << 32
    known = tuple(f"cap_{name}" for i, name in enumerate(_NAMES) if bits >> i & 1)
    others = tuple(str(i) for i in range(len(_NAMES), 64) if bits >> i & 1)
    return (*known, *others)
