"""ARC022: a device node or fifo in the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import IMAGE_KINDS, Archive
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE, FIFO, KIND_NAMES
from checker_archive._outer import folder_reason

_LARGEST = 0xFFFFFFFF
# What devices(7) and debootstrap put into a small /dev: null, zero, full, random, urandom; tty,
# console, ptmx.
_USUAL = frozenset({*((1, minor) for minor in (3, 5, 7, 8, 9)), (5, 0), (5, 1), (5, 2)})


class DeviceNode(Check):
    """The archive holds a device node or a fifo.

    What it means:
        A member is a character or block device, or a fifo. In an image archive nothing needs one,
        and a device is a warning. In a root filesystem devices are notes, for the runtime of a
        container makes its own `/dev`, and those that every `/dev` has, such as `null` and `tty`,
        are not reported, nor are fifos; but a character device with the numbers 0, 0 is how
        overlayfs marks a deleted file, and numbers that do not fit 32 bits are refused.

    Why it matters:
        Making a device needs privileges: rootless Podman, Buildah and skopeo fail to extract the
        archive. Block devices give whoever opens them the host's disk. On overlayfs a device 0, 0
        does not appear at all, and hides what a lower layer has there.

    How to mend it:
        Leave devices out: `tar --exclude=./dev/* …`

    References:
        - Docker, pkg/archive, handleTarTypeBlockCharFifo; moby/go-archive 0.3: 32-bit numbers
        - Linux, Documentation/filesystems/overlayfs, "whiteouts and opaque directories"
    """

    id = "ARC022"
    name = "device-node"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """What lies in a folder is not extracted."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the devices and fifos."""
        entries = archive.entries
        judge = _in_image if archive.kind in IMAGE_KINDS else _in_root
        for position in entries.of_kind(CHARACTER_DEVICE, BLOCK_DEVICE, FIFO):
            kind = chr(entries.kinds[position])
            device = entries.devices.get(position, (0, 0))
            problem = judge(kind, entries.paths[position], device)
            if problem is None:
                continue
            words, severity = problem
            name, offset = entries.name(position), entries.offsets[position]
            yield self.finding(
                archive,
                f"{name} at byte {offset} is a {KIND_NAMES[kind]}{words}",
                at={"member": name, "offset": offset},
                severity=severity,
            )


def _in_image(kind: str, path: str, device: tuple[int, int]) -> tuple[str, Severity]:
    del path
    if kind == FIFO:
        return "; no image archive has a use for it", Severity.NOTE
    numbers = _numbers(device)
    if not _fits(device):
        return f"{numbers}, which do not fit 32 bits", Severity.ERROR
    words = ", which needs privileges to extract; no image archive has a use for it"
    return numbers + words, Severity.WARNING


def _in_root(kind: str, path: str, device: tuple[int, int]) -> tuple[str, Severity] | None:
    """Fifos, and the devices that every /dev has, are normal in a root filesystem."""
    if kind == FIFO or (path.startswith("dev/") and device in _USUAL and kind != BLOCK_DEVICE):
        return None
    numbers = _numbers(device)
    if not _fits(device):
        return f"{numbers}, which do not fit 32 bits", Severity.ERROR
    if kind == CHARACTER_DEVICE and device == (0, 0):
        return f"{numbers}, which overlayfs takes for a deleted file", Severity.WARNING
    return f"{numbers}, which needs privileges to extract", Severity.NOTE


def _numbers(device: tuple[int, int]) -> str:
    return f" with the numbers {device[0]}, {device[1]}"


def _fits(device: tuple[int, int]) -> bool:
    return all(0 <= number <= _LARGEST for number in device)
