"""LYR006: a layer whose tar or compression is damaged."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.blob import Blob
from checker.model.entries import clean_path
from checker.model.image import Layer
from checker.model.tar import Anomaly, AnomalyKind, Tar
from checker_layers._layers import (
    is_cut_with_archive,
    is_read_to_end,
    no_layer_reason,
    present_layers,
)

# What other rules say: layer-not-a-tar and unsupported-layer-entry.
_ELSEWHERE = frozenset({AnomalyKind.NOT_A_TAR, AnomalyKind.UNKNOWN_TYPE})
_MILD = frozenset(
    {
        AnomalyKind.DANGLING_EXTENSION,
        AnomalyKind.GLOBAL_OVERRIDE,
        AnomalyKind.TRUNCATED_PADDING,
    },
)


class DamagedLayer(Check):
    """The tar or the compression of a layer is damaged.

    What it means:
        The layer is cut off, its compressed stream is corrupt or followed by something, a header
        has a wrong checksum or breaks the format, or something follows the end. Offsets count in
        the uncompressed layer. What engines take is a warning: an extension header without an
        entry, a global header that overrides names or sizes, cut padding, and bytes behind the end
        that are no tar header. A missing end marker is a note: umoci writes such layers, and the
        layer's digest shows whether it is whole.

    Why it matters:
        Engines stop when they unpack the layer ("unexpected EOF", "archive/tar: invalid tar
        header"), or silently leave out what follows the damage. Behind a compressed stream, Podman
        and skopeo refuse further bytes, Docker and containerd do not.

    How to fix it:
        Write the archive again from the image. If the digests of manifest and config fit the
        damaged layer, the layer was already damaged when the image was made: build it again.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
        - Go archive/tar, reader.go
    """

    id = "LYR006"
    name = "damaged-layer"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there is nothing to look at."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the compression and the headers of each layer."""
        for layer, blob in present_layers(archive):
            if not is_cut_with_archive(archive, blob) and blob.whole:
                yield from self._compression(layer, blob)
                yield from self._headers(layer, blob)

    def _compression(self, layer: Layer, blob: Blob) -> Iterator[Finding]:
        compression = blob.compression
        if compression.truncated:
            yield self.finding(
                layer,
                f"{layer.label} is cut off: {compression.error}, after {blob.size} bytes; "
                f"{blob.inflated_size} bytes came out of it",
            )
        elif compression.error is not None:
            yield self.finding(
                layer,
                f"{layer.label}: the {compression.kind} stream is corrupt somewhere in its first "
                f"{compression.error_offset} of {blob.size} bytes: {compression.error}; "
                f"{blob.inflated_size} bytes came out of it",
            )
        elif compression.trailing is not None:
            yield self.finding(
                layer,
                f"{layer.label}: the {compression.kind} stream ends at byte "
                f"{compression.trailing} of {blob.size}, something follows; Podman and skopeo "
                "refuse that, Docker and containerd do not",
            )

    def _headers(self, layer: Layer, blob: Blob) -> Iterator[Finding]:
        """Report the tar's oddities, but not those that the end of the reading makes."""
        tar = blob.tar
        if tar is None or not is_read_to_end(blob):
            return
        for anomaly in tar.anomalies:
            if anomaly.kind not in _ELSEWHERE:
                yield self._header(layer, tar, anomaly)

    def _header(self, layer: Layer, tar: Tar, anomaly: Anomaly) -> Finding:
        whose = f" ({anomaly.name})" if anomaly.name else ""
        rest = "; nothing from here on is unpacked" if anomaly.fatal else ""
        return self.finding(
            layer,
            f"{layer.label}, byte {anomaly.offset}{whose}: {anomaly.detail}{rest}",
            at={
                "offset": anomaly.offset,
                "path": None if anomaly.name is None else clean_path(anomaly.name),
            },
            severity=_severity(tar, anomaly),
        )


def _severity(tar: Tar, anomaly: Anomaly) -> Severity:
    if anomaly.kind is AnomalyKind.MISSING_END:
        return Severity.NOTE
    if anomaly.kind is AnomalyKind.DATA_AFTER_END:
        return Severity.ERROR if tar.header_follows else Severity.WARNING
    return Severity.WARNING if anomaly.kind in _MILD else Severity.ERROR
