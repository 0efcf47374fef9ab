"""LYR007: an entry of an unsupported type."""

from __future__ import annotations

from collections.abc import Iterator

from checker import AnomalyKind, Archive, Finding, Layer, Severity
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, KIND_NAMES, clean_path
from checker_layers.layers import LayerCheck, present_layers


class UnsupportedLayerEntry(LayerCheck):
    """An entry of a layer has a type that engines do not unpack.

    What it means:
        The type flag of an entry states its type: file, link, directory, device, fifo. This entry
        is an old GNU sparse file (``S``), a contiguous file (``7``), or of an unknown type.

    Why it matters:
        Docker, containerd and Podman reject the layer: "unhandled tar header type".

    How to fix it:
        Write the layer in PAX format; with GNU tar and ``--sparse`` this gives PAX sparse files,
        which engines support.

            tar --format=posix -C ROOT -cf layer.tar .

    References:
        - Docker, pkg/archive and moby/go-archive, createTarFile: "unhandled tar header type"
        - OCI image-spec 1.1, layer.md, "File Types"
    """

    id = "LYR007"
    name = "unsupported-layer-entry"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the type flags of each layer."""
        for layer, blob in present_layers(archive):
            entries = layer.entries
            for position in entries.of_kind(GNU_SPARSE, CONTIGUOUS):
                flag = chr(entries.kinds[position])
                what = f"the type flag is {flag!r} ({KIND_NAMES[flag]}), which engines reject"
                yield self._report(layer, entries.name(position), entries.offsets[position], what)
            for anomaly in () if blob.tar is None else blob.tar.of_kind(AnomalyKind.UNKNOWN_TYPE):
                yield self._report(layer, anomaly.name or "", anomaly.offset, anomaly.detail)

    def _report(self, layer: Layer, name: str, offset: int, what: str) -> Finding:
        return self.finding(
            layer,
            f"{layer.label}: {name or 'an entry'} at byte {offset}: {what}",
            at={"path": clean_path(name), "offset": offset},
        )
