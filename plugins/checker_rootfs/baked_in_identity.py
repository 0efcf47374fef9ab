"""RFS023: identities of a machine that are part of an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, ContentRequest, Finding, Rootfs, RootfsEntry, Severity
from checker_rootfs.places import is_windows, place_of, shown

_MACHINE_IDS = ("etc/machine-id", "var/lib/dbus/machine-id")
_HOST_KEYS = tuple(
    f"{directory}/ssh_host_{kind}"
    for directory in ("etc/ssh", "etc/dropbear", "usr/etc/ssh")
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
    """The image contains a machine ID, SSH host keys or a random seed.

    What it means:
        These are created once on each machine; they must be unique and are partly secret. Private
        SSH host keys are a warning. A machine ID that is set (neither empty nor "uninitialized")
        and a saved random seed are notes: in some base images they come with the distribution.

    Why it matters:
        All containers of the image share them. With the private host key, anyone who has the image
        can impersonate any of its containers. Machines with the same machine ID get the same
        address from DHCP and are counted as one in logs and monitoring.

    How to fix it:
        Delete the keys in the step that installs the SSH server, create them at the first start
        with ``ssh-keygen -A``, and empty the machine ID in the last step:

            RUN apt-get install -y openssh-server && rm /etc/ssh/ssh_host_*
            RUN : > /etc/machine-id

    References:
        - machine-id(5), "Initialization"; sshd(8), "FILES"
        - systemd, "Building Images Safely"
    """

    id = "RFS023"
    name = "baked-in-identity"
    severity = Severity.WARNING
    security = 7.0
    since = "0.1.0"
    reads = (ContentRequest(paths=frozenset(_MACHINE_IDS), limit=64),)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look up the well-known files."""
        if is_windows(rootfs):
            return
        for path in (*_HOST_KEYS, *_DROPBEAR_KEYS):
            yield from self._check(rootfs, path, "is the private host key of an SSH server", None)
        for path in _SEEDS:
            yield from self._check(rootfs, path, "is a saved random seed", Severity.NOTE)
        for path in _MACHINE_IDS:
            placed = rootfs.get(path)
            if placed is not None and _is_set(rootfs.content(placed)):
                yield from self._check(rootfs, path, "sets the machine ID", Severity.NOTE)

    def _check(
        self, rootfs: Rootfs, path: str, what: str, severity: Severity | None
    ) -> Iterator[Finding]:
        placed = rootfs.get(path)
        if placed is None or not _has_content(rootfs, placed):
            return
        yield self.finding(
            placed.layer,
            f"{shown(rootfs, placed)} {what}, which all containers of the image share",
            at=place_of(rootfs, placed.entry),
            severity=severity,
        )


def _has_content(rootfs: Rootfs, placed: RootfsEntry) -> bool:
    file = rootfs.file_of(placed)
    return file is not None and file.entry.is_file and file.entry.size > 0


def _is_set(content: bytes | None) -> bool:
    identity = (content or b"").strip()
    return len(identity) == _ID_LENGTH and identity.isalnum()
