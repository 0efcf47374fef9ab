"""LYR022: a device node in a layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker import Archive, Entries, Finding, Layer, Severity
from checker.checks.listing import first_few
from checker.model.devices import is_usual_device
from checker.model.entries import CHARACTER_DEVICE, KIND_NAMES, is_whiteout
from checker_layers.layers import LayerCheck, present_layers

# Linux, include/linux/kdev_t.h: 12 and 20 bits.
_MAJORS, _MINORS = 1 << 12, 1 << 20
_UINT32 = 1 << 32
_WHITEOUT = (0, 0)
_SHOWN = 3


class LayerDeviceNode(LayerCheck):
    """A layer contains a device node.

    What it means:
        An entry is a character or block device: a note, except for the devices that every ``/dev``
        has, such as ``null`` and ``tty``, which are not reported. The character device 0, 0 is a
        warning: overlayfs marks a deleted file with it, so the layer was made from a storage
        directory of overlayfs. Device numbers that Linux does not support are a warning, numbers
        that do not fit 32 bits are an error.

    Why it matters:
        Rootless engines cannot create devices: some omit them, some fail. Containers get their
        ``/dev`` from the engine anyway. A device 0, 0 hides a file on overlay storage, and is a
        device elsewhere. Docker 29.7 and later reject numbers above 32 bits.

    How to fix it:
        Exclude devices from the layer. A layer marks a deleted file with an empty file
        ``.wh.NAME``, not with the device 0, 0.

            tar --exclude='./dev/*' -C ROOT -cf layer.tar .

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - the kernel's documentation of overlayfs, "whiteouts and opaque directories"
        - Linux, mknod(2) and makedev(3)
    """

    id = "LYR022"
    name = "layer-device-node"
    severity = Severity.NOTE
    security = 4.0
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the devices of each layer."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            found: dict[tuple[str, Severity], list[int]] = {}
            for position, device in entries.devices.items():
                kind = chr(entries.kinds[position])
                path = entries.paths[position]
                # A device that is named like a whiteout is reported by LYR009.
                if not (is_usual_device(kind, path, device) or is_whiteout(path)):
                    found.setdefault(_judge(kind, device), []).append(position)
            for (words, severity), positions in found.items():
                yield self._report(layer, positions, words, severity)

    def _report(
        self, layer: Layer, positions: list[int], words: str, severity: Severity
    ) -> Finding:
        """Report all devices of a layer with the same problem in one finding."""
        entries = layer.entries
        first = positions[0]
        shown = first_few(positions, _SHOWN, partial(_shown, entries))
        return self.finding(
            layer,
            f"{layer.label}: {shown}: {words}",
            at={"path": entries.paths[first], "offset": entries.offsets[first]},
            severity=severity,
        )


def _shown(entries: Entries, position: int) -> str:
    kind = KIND_NAMES[chr(entries.kinds[position])]
    major, minor = entries.devices[position]
    return (
        f"{entries.paths[position]} at byte {entries.offsets[position]} ({kind} {major}, {minor})"
    )


def _judge(kind: str, device: tuple[int, int]) -> tuple[str, Severity]:
    """The problem of a device, and the severity."""
    major, minor = device
    if kind == CHARACTER_DEVICE and device == _WHITEOUT:
        return "overlay storage interprets this device as a deleted file", Severity.WARNING
    if not (0 <= major < _UINT32 and 0 <= minor < _UINT32):
        return (
            "device numbers do not fit 32 bits; Docker 29.7 and later reject them",
            Severity.ERROR,
        )
    if major >= _MAJORS or minor >= _MINORS:
        return "device numbers are not valid on Linux", Severity.WARNING
    return "rootless engines cannot create devices", Severity.NOTE
