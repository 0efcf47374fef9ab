"""LYR006: a layer whose tar or compression is damaged."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Anomaly, AnomalyKind, Archive, Blob, Finding, Layer, Severity, Tar
from checker.model.entries import clean_path
from checker_layers.layers import (
    LayerCheck,
    is_cut_with_archive,
    is_read_to_end,
    present_layers,
)

# Reported by other rules: layer-not-a-tar and unsupported-layer-entry.
_ELSEWHERE = frozenset({AnomalyKind.NOT_A_TAR, AnomalyKind.UNKNOWN_TYPE})
_MILD = frozenset(
    {
        AnomalyKind.DANGLING_EXTENSION,
        AnomalyKind.GLOBAL_OVERRIDE,
        AnomalyKind.TRUNCATED_PADDING,
    },
)


class DamagedLayer(LayerCheck):
    """The tar or the compressed stream of a layer is damaged.

    What it means:
        The layer is truncated, its compressed stream is corrupt or followed by other data, a header
        has a wrong checksum or violates the format, or headers follow the end-of-archive marker.
        Offsets refer to the uncompressed layer. Faults that engines accept are warnings: an
        extension header without an entry, a global header that overrides names or sizes, truncated
        padding, and trailing data that is not a tar header. A missing end-of-archive marker is a
        note: umoci writes such layers, and the digest of the layer shows whether it is complete.

    Why it matters:
        Engines fail while they unpack the layer ("unexpected EOF", "archive/tar: invalid tar
        header"), or silently omit the entries after the damage. Podman and skopeo reject data after
        a compressed stream, Docker and containerd accept it.

    How to fix it:
        Save the image again. If the digests in manifest and config match the damaged layer, the
        layer was damaged when the image was built: rebuild it.

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
        - Go archive/tar, reader.go
    """

    id = "LYR006"
    name = "damaged-layer"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the compressed stream and the headers of each layer."""
        for layer, blob in present_layers(archive):
            if not is_cut_with_archive(archive, blob) and blob.whole:
                yield from self._compression(layer, blob)
                yield from self._headers(layer, blob)

    def _compression(self, layer: Layer, blob: Blob) -> Iterator[Finding]:
        compression = blob.compression
        if compression.truncated:
            yield self.finding(
                layer,
                f"{layer.label} is truncated: {compression.error}, after {blob.size} bytes; "
                f"{blob.inflated_size} bytes were decompressed",
            )
        elif compression.error is not None:
            yield self.finding(
                layer,
                f"{layer.label}: the {compression.kind} stream is corrupt within its first "
                f"{compression.error_offset} of {blob.size} bytes: {compression.error}; "
                f"{blob.inflated_size} bytes were decompressed",
            )
        elif compression.trailing is not None:
            yield self.finding(
                layer,
                f"{layer.label}: the {compression.kind} stream ends at byte "
                f"{compression.trailing} of {blob.size} and is followed by other data; Podman and "
                "skopeo reject the layer, Docker and containerd accept it",
            )

    def _headers(self, layer: Layer, blob: Blob) -> Iterator[Finding]:
        """Report the anomalies of the tar, except those that a limit of the reader causes."""
        tar = blob.tar
        if tar is None or not is_read_to_end(blob):
            return
        for anomaly in tar.anomalies:
            if anomaly.kind not in _ELSEWHERE:
                yield self._header(layer, tar, anomaly)

    def _header(self, layer: Layer, tar: Tar, anomaly: Anomaly) -> Finding:
        name = f" ({anomaly.name})" if anomaly.name else ""
        rest = "; the rest of the layer cannot be unpacked" if anomaly.fatal else ""
        return self.finding(
            layer,
            f"{layer.label}, byte {anomaly.offset}{name}: {anomaly.detail}{rest}",
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
