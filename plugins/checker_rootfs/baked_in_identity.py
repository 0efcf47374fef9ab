"""RFS023: what is to be unique to a machine, and comes with the image."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.content import ContentRequest
from checker.model.rootfs import Placed, Rootfs
from checker_rootfs.places import is_windows, place_of, shown

_MACHINE_IDS = ("etc/machine-id", "var/lib/dbus/machine-id")
_HOST_KEYS = tuple(
    f"{folder}/ssh_host_{kind}"
    for folder in ("etc/ssh", "etc/dropbear", "usr/etc/ssh")
    for kind in ("rsa_key", "dsa_key", "ecdsa_key", "ed25519_key", "key")
)
_DROPBEAR_KEYS = tuple(
    f"etc/dropbear/dropbear_{kind}_host_key" for kind in ("rsa", "dss", "ecdsa", "ed25519")
)
_SEEDS = (
    "var/lib/systemd/random-seed",
    "var/lib/urandom/random-seed",
    "var/lib/seedrng/seed.credit",
)
_ID_LENGTH = 32


class BakedInIdentity(Check):
    """The image holds a machine id, SSH host keys or a random seed.

    What it means:
        These are made once on each machine, and are to be unique and in part secret. Private SSH
        host keys are a warning. A machine id that is set (not empty and not "uninitialized") and a
        saved random seed are notes: in some base images they come with the distribution.

    Why it matters:
        All containers of the image share them. With the private host key anyone who has the image
        can pose as any of its containers. Machines with the same machine id get the same address
        from DHCP, and count as one in logs and monitoring.

    How to fix it:
        Delete the keys in the step that installs the SSH server (``rm /etc/ssh/ssh_host_*``) and
        make them at the first start (``ssh-keygen -A``). Empty the machine id
        (``: > /etc/machine-id``) as the last step.

    References:
        - machine-id(5), "Initialization"; sshd(8), "FILES"
        - systemd, "Building Images Safely"
    """

    id = "RFS023"
    name = "baked-in-identity"
    severity = Severity.WARNING
    reads = (ContentRequest(paths=frozenset(_MACHINE_IDS), limit=64),)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look for the well-known files."""
        if is_windows(rootfs):
            return
        for path in (*_HOST_KEYS, *_DROPBEAR_KEYS):
            yield from self._check(rootfs, path, "is the private host key of an SSH server", None)
        for path in _SEEDS:
            yield from self._check(rootfs, path, "is a saved random seed", Severity.NOTE)
        for path in _MACHINE_IDS:
            placed = rootfs.get(path)
            if placed is not None and _is_set(rootfs.content(placed)):
                yield from self._check(rootfs, path, "sets the machine id", Severity.NOTE)

    def _check(
        self, rootfs: Rootfs, path: str, what: str, severity: Severity | None
    ) -> Iterator[Finding]:
        placed = rootfs.get(path)
        if placed is None or not _has_content(rootfs, placed):
            return
        yield self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} {what}, which all containers of the image would share",
            at=place_of(rootfs, placed.entry),
            severity=severity,
        )


def _has_content(rootfs: Rootfs, placed: Placed) -> bool:
    file = rootfs.file_of(placed)
    return file is not None and file.entry.is_file and file.entry.size > 0


def _is_set(content: bytes | None) -> bool:
    identity = (content or b"").strip()
    return len(identity) == _ID_LENGTH and identity.isalnum()
