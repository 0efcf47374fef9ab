"""ARC022: a device node or fifo in the archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import IMAGE_KINDS, Archive
from checker.model.entries import BLOCK_DEVICE, CHARACTER_DEVICE, FIFO, KIND_NAMES
from checker_archive._outer import folder_reason

_LARGEST = 0xFFFFFFFF


class _Oddity(NamedTuple):
    words: str
    severity: Severity


class DeviceNode(Check):
    """The archive holds a device node or a fifo.

    What it means:
        A member is a character or block device, or a fifo. In an image archive nothing needs one,
        and a device is a warning. In a root filesystem they are notes, for the runtime of a
        container makes its own `/dev`; but a character device with the numbers 0, 0 is how
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
        is_image = archive.kind in IMAGE_KINDS
        for position in entries.of_kind(CHARACTER_DEVICE, BLOCK_DEVICE, FIFO):
            kind = chr(entries.kinds[position])
            oddity = _oddity(kind, entries.devices.get(position, (0, 0)), is_image=is_image)
            name, offset = entries.name(position), entries.offsets[position]
            yield self.finding(
                archive,
                f"{name} at byte {offset} is a {KIND_NAMES[kind]}{oddity.words}",
                at={"member": name, "offset": offset},
                severity=oddity.severity,
            )


def _oddity(kind: str, device: tuple[int, int], *, is_image: bool) -> _Oddity:
    if kind == FIFO:
        return _Oddity("", Severity.NOTE)
    numbers = f" with the numbers {device[0]}, {device[1]}"
    if not all(0 <= number <= _LARGEST for number in device):
        return _Oddity(f"{numbers}, which do not fit 32 bits", Severity.ERROR)
    if is_image:
        words = ", which needs privileges to extract; no image archive has a use for it"
        return _Oddity(numbers + words, Severity.WARNING)
    if kind == CHARACTER_DEVICE and device == (0, 0):
        return _Oddity(f"{numbers}, which overlayfs takes for a deleted file", Severity.WARNING)
    return _Oddity(f"{numbers}, which needs privileges to extract", Severity.NOTE)
