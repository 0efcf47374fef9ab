"""LYR007: an entry of a type that engines do not unpack."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import CONTIGUOUS, GNU_SPARSE, KIND_NAMES, clean_path
from checker.model.image import Layer
from checker.model.tar import AnomalyKind
from checker_layers._layers import no_layer_reason, present_layers


class UnsupportedLayerEntry(Check):
    """An entry of a layer is of a type that engines do not unpack.

    What it means:
        The type flag of an entry says what it is: file, link, directory, device, fifo. This one is
        an old GNU sparse file (`S`), a contiguous file (`7`), or of a type that is not known.

    Why it matters:
        Docker, containerd and Podman refuse the layer: "unhandled tar header type".

    How to fix it:
        Write the layer with `tar --format=posix`; with GNU tar and `--sparse` that gives PAX
        sparse files, which engines do take.

    References:
        - Docker, pkg/archive and moby/go-archive, createTarFile: "unhandled tar header type"
        - OCI image-spec 1.1, layer.md, "File Types"
    """

    id = "LYR007"
    name = "unsupported-layer-entry"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there is nothing to look at."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the type flags of each layer."""
        for layer, blob in present_layers(archive):
            entries = layer.entries
            for position in entries.of_kind(GNU_SPARSE, CONTIGUOUS):
                flag = chr(entries.kinds[position])
                what = f"the type flag is {flag!r}, {KIND_NAMES[flag]}, which engines do not unpack"
                yield self._report(layer, entries.name(position), entries.offsets[position], what)
            for anomaly in () if blob.tar is None else blob.tar.of_kind(AnomalyKind.UNKNOWN_TYPE):
                yield self._report(layer, anomaly.name or "", anomaly.offset, anomaly.detail)

    def _report(self, layer: Layer, name: str, offset: int, what: str) -> Finding:
        return self.finding(
            layer,
            f"{layer.label}: {name or 'an entry'} at byte {offset}: {what}",
            at={"path": clean_path(name), "offset": offset},
        )
