"""RFS024: network and mount settings of the build host."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, ContentRequest, Finding, Rootfs, RootfsEntry, Severity
from checker_rootfs.places import is_windows, place_of, shown

_FILES = ("etc/resolv.conf", "etc/hosts", "etc/hostname", "etc/mtab")
_ADDRESSES_OF_ALL = ("127.", "::1", "fe00::", "ff00::", "ff02::")


class BakedInHostFile(Check):
    """etc/resolv.conf, etc/hosts, etc/hostname or etc/mtab contains settings of one machine.

    What it means:
        Engines mount their own files over the first three, so these are empty or missing in an
        image. Here resolv.conf lists name servers, hosts has addresses other than the usual ones of
        the local machine, hostname contains a name, or mtab is a file instead of a link to
        /proc/mounts.

    Why it matters:
        The files have no effect in containers. They reveal details of the network in which the
        image was built, and take effect where the root filesystem is used differently: with chroot,
        as a base for a virtual machine, or in builds that do not mount these files. An outdated
        mtab misleads ``df`` and ``mount``.

    How to fix it:
        Clean up in the last step that creates the root filesystem (debootstrap copies files of the
        host):

            : > etc/resolv.conf; : > etc/hostname
            ln -sf /proc/mounts etc/mtab

    References:
        - resolv.conf(5), hosts(5), hostname(5), mount(8)
        - Docker Engine 28, container network files
    """

    id = "RFS024"
    name = "baked-in-host-file"
    severity = Severity.NOTE
    since = "0.1.0"
    reads = (ContentRequest(paths=frozenset(_FILES), limit=8 * 1024),)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the content of the four files."""
        if is_windows(rootfs):
            return
        for path in _FILES:
            placed = rootfs.get(path)
            content = None if placed is None else rootfs.content(placed)
            if placed is not None and content is not None:
                yield from self._check(rootfs, path, placed, content)

    def _check(
        self, rootfs: Rootfs, path: str, placed: RootfsEntry, content: bytes
    ) -> Iterator[Finding]:
        lines = [
            line.partition("#")[0].split()
            for line in content.decode("utf-8", "surrogateescape").splitlines()
        ]
        setting = _setting(path, [line for line in lines if line])
        if setting is not None:
            yield self.finding(
                placed.layer,
                f"{shown(rootfs, placed)} contains {setting} from the build host",
                at=place_of(rootfs, placed.entry),
            )


def _setting(path: str, lines: list[list[str]]) -> str | None:
    """What a file reveals about the build host; None for nothing."""
    if path == "etc/resolv.conf":
        servers = [line[1] for line in lines if line[0] == "nameserver" and len(line) > 1]
        return f"the name server {servers[0]}" if servers else None
    if path == "etc/hosts":
        others = [line for line in lines if not line[0].startswith(_ADDRESSES_OF_ALL)]
        return f'the address "{" ".join(others[0])}"' if others else None
    if path == "etc/hostname":
        names = [line[0] for line in lines if line[0] != "localhost"]
        return f'the host name "{names[0]}"' if names else None
    return f"{len(lines)} mounts" if lines else None
