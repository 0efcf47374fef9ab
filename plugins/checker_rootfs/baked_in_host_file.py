"""RFS024: network and mount settings of the machine that an image was built on."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.content import ContentRequest
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.places import is_windows, place_of, shown

_FILES = ("etc/resolv.conf", "etc/hosts", "etc/hostname", "etc/mtab")
_ADDRESSES_OF_ALL = ("127.", "::1", "fe00::", "ff00::", "ff02::")


class BakedInHostFile(Check):
    """etc/resolv.conf, etc/hosts, etc/hostname or etc/mtab holds settings of one machine.

    What it means:
        Engines mount their own files over the first three, so that these are empty or missing in
        an image. Here resolv.conf names servers, hosts has addresses beyond the usual ones of this
        machine, hostname holds a name, or mtab is a file where a link to /proc/mounts belongs.

    Why it matters:
        In containers they have no effect. They tell about the network that the image was built in,
        and come into effect where the root is used otherwise: with chroot, as a base for a virtual
        machine, or in builds that do not mount these files. A stale mtab misleads ``df`` and
        ``mount``.

    How to fix it:
        Empty the files in the last step of what makes the root (debootstrap copies those of the
        host), and make etc/mtab a link: ``ln -sf /proc/mounts /etc/mtab``.

    References:
        - resolv.conf(5), hosts(5), hostname(5), mount(8)
        - Docker Engine 28, container network files
    """

    id = "RFS024"
    name = "baked-in-host-file"
    severity = Severity.NOTE
    reads = (ContentRequest(paths=frozenset(_FILES), limit=8 * 1024),)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at what the four files say."""
        if is_windows(rootfs):
            return
        for path in _FILES:
            placed = rootfs.get(path)
            content = None if placed is None else rootfs.content(placed)
            if placed is not None and content is not None:
                yield from self._check(rootfs, path, placed, content)

    def _check(
        self, rootfs: Rootfs, path: str, placed: Placed, content: bytes
    ) -> Iterator[Finding]:
        lines = [
            line.partition("#")[0].split()
            for line in content.decode("utf-8", "surrogateescape").splitlines()
        ]
        words = _telling(path, [line for line in lines if line])
        if words is not None:
            yield self.finding(
                placed.layer,
                f"{shown(rootfs, placed)} holds {words}, of the machine that the root was made on",
                at=place_of(rootfs, placed.entry),
            )


def _telling(path: str, lines: list[list[str]]) -> str | None:
    """What a file tells about the machine; None if it tells nothing."""
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
