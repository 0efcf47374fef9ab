"""ARC022: a device node or fifo in the archive."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker import Archive, Entries, Finding, Severity
from checker.checks.listing import first_few
from checker.model.archive import IMAGE_KINDS
from checker.model.devices import is_usual_device
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE, FIFO, KIND_NAMES
from checker_archive.outer_tar import TarCheck

_LARGEST = 0xFFFFFFFF
_SHOWN = 3
_TOO_LARGE = "the device numbers do not fit into 32 bits; engines reject them"


class DeviceNode(TarCheck):
    """The archive contains a device node or a fifo.

    What it means:
        A member is a character device, a block device or a fifo. An image archive does not need
        any; a device there is a warning, a fifo a note. In a root filesystem devices are notes,
        because the container runtime provides its own `/dev`; fifos and the devices of every
        `/dev`, such as `null` and `tty`, are not reported there. A character device with the
        numbers 0, 0 is how overlayfs marks a deleted file, and numbers that do not fit into 32 bits
        are an error.

    Why it matters:
        Creating a device requires privileges: rootless Podman, Buildah and skopeo fail to extract
        the archive. Block devices give whoever opens them access to the host's disk. On overlayfs a
        device 0, 0 is invisible and hides the file of a lower layer.

    How to fix it:
        Exclude devices when the archive is created: `tar --exclude='./dev/*' …`.

    References:
        - Docker, pkg/archive, handleTarTypeBlockCharFifo; moby/go-archive 0.3: 32-bit numbers
        - Linux, Documentation/filesystems/overlayfs, "whiteouts and opaque directories"
    """

    id = "ARC022"
    name = "device-node"
    severity = Severity.WARNING
    security = 5.0
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the devices and fifos."""
        entries = archive.entries
        judge = _in_image if archive.kind in IMAGE_KINDS else _in_root
        found: dict[tuple[str, Severity], list[int]] = {}
        for position in entries.of_kind(CHARACTER_DEVICE, BLOCK_DEVICE, FIFO):
            device = entries.devices.get(position, (0, 0))
            problem = judge(chr(entries.kinds[position]), entries.paths[position], device)
            if problem is not None:
                found.setdefault(problem, []).append(position)
        for (words, severity), positions in found.items():
            yield self._report(archive, positions, words, severity)

    def _report(
        self, archive: Archive, positions: list[int], words: str, severity: Severity
    ) -> Finding:
        """One finding for all members with the same problem."""
        entries = archive.entries
        first = positions[0]
        shown = first_few(positions, _SHOWN, partial(_shown, entries))
        return self.finding(
            archive,
            f"{shown}: {words}",
            at={"member": entries.name(first), "offset": entries.offsets[first]},
            severity=severity,
        )


def _shown(entries: Entries, position: int) -> str:
    kind = chr(entries.kinds[position])
    numbers = entries.devices.get(position)
    what = KIND_NAMES[kind] if numbers is None else f"{KIND_NAMES[kind]} {numbers[0]}, {numbers[1]}"
    return f"{entries.name(position)} at byte {entries.offsets[position]} ({what})"


def _in_image(kind: str, path: str, device: tuple[int, int]) -> tuple[str, Severity]:
    del path
    if kind == FIFO:
        return "image archives do not need a fifo", Severity.NOTE
    if not _fits(device):
        return _TOO_LARGE, Severity.ERROR
    words = "extracting a device requires privileges, and image archives do not need any"
    return words, Severity.WARNING


def _in_root(kind: str, path: str, device: tuple[int, int]) -> tuple[str, Severity] | None:
    """Fifos, and the devices that every /dev has, are normal in a root filesystem."""
    if kind == FIFO or is_usual_device(kind, path, device):
        return None
    if not _fits(device):
        return _TOO_LARGE, Severity.ERROR
    if kind == CHARACTER_DEVICE and device == (0, 0):
        return "overlayfs treats such a device as a deleted file", Severity.WARNING
    return "extracting a device requires privileges", Severity.NOTE


def _fits(device: tuple[int, int]) -> bool:
    return all(0 <= number <= _LARGEST for number in device)
