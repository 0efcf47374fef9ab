"""LYR022: a device node in a layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.listing import first_few
from checker.model.archive import Archive
from checker.model.devices import is_usual_device
from checker.model.entries import CHARACTER_DEVICE, KIND_NAMES, Entries
from checker.model.image import Layer
from checker_layers._layers import no_layer_reason, present_layers

# Linux, include/linux/kdev_t.h: 12 and 20 bits.
_MAJORS, _MINORS = 1 << 12, 1 << 20
_UINT32 = 1 << 32
_WHITEOUT = (0, 0)
_SHOWN = 3


class LayerDeviceNode(Check):
    """A layer holds a device node.

    What it means:
        An entry is a character or block device: a note, but for those that every `/dev` has, such
        as `null` and `tty`, which are not reported. The character device 0, 0 is a warning: it
        is how overlay storage marks a deleted file, so the layer was made of overlay's own folder.
        Numbers that Linux does not have are a warning, those that do not fit 32 bits an error.

    Why it matters:
        Rootless engines cannot make devices: some leave them out, some fail. Containers get their
        `/dev` from the engine anyway. A node 0, 0 hides a file on overlay storage, and is a device
        elsewhere. Docker since 29.7 refuses numbers beyond 32 bits.

    How to fix it:
        Leave devices out of the layer: `tar --exclude=./dev/*`. Instead of the node 0, 0 a layer
        has an empty file `.wh.NAME`.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - the kernel's documentation of overlayfs, "whiteouts and opaque directories"
        - Linux, mknod(2) and makedev(3)
    """

    id = "LYR022"
    name = "layer-device-node"
    severity = Severity.NOTE

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no devices."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the devices of each layer."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            found: dict[tuple[str, Severity], list[int]] = {}
            for position, device in entries.devices.items():
                kind = chr(entries.kinds[position])
                if not is_usual_device(kind, entries.paths[position], device):
                    found.setdefault(_look(kind, device), []).append(position)
            for (words, severity), positions in found.items():
                yield self._report(layer, positions, words, severity)

    def _report(
        self, layer: Layer, positions: list[int], words: str, severity: Severity
    ) -> Finding:
        """One finding for all of a layer that have the same trouble."""
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


def _look(kind: str, device: tuple[int, int]) -> tuple[str, Severity]:
    """What is odd about a device, and how much it matters."""
    major, minor = device
    if kind == CHARACTER_DEVICE and device == _WHITEOUT:
        return "overlay storage takes such a device for a deleted file", Severity.WARNING
    if not (0 <= major < _UINT32 and 0 <= minor < _UINT32):
        return "numbers that do not fit 32 bits", Severity.ERROR
    if major >= _MAJORS or minor >= _MINORS:
        return "numbers that Linux does not have", Severity.WARNING
    return "rootless engines cannot make a device", Severity.NOTE
