"""LYR016: a sparse file in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Severity
from checker.model.entries import GNU_SPARSE
from checker_layers.layers import LayerCheck, present_layers

_OLD = ord(GNU_SPARSE)


class SparseFile(LayerCheck):
    """A layer contains a sparse file.

    What it means:
        The tar stores only the parts of the file that are not zero, and a map of their positions.
        (Engines reject the old GNU form, type flag ``S``: see unsupported-layer-entry.)

    Why it matters:
        The specification discourages sparse files in layers. Engines read the PAX form, but not
        every tool does, and some write the map into the file. A small layer can unpack to a huge
        file.

    How to fix it:
        Write the layer without ``tar --sparse``; compression handles zeros efficiently.

    References:
        - OCI image-spec 1.1, layer.md, "File Attributes": sparse files should not be used
        - GNU tar manual, "Storing Sparse Files"
    """

    id = "LYR016"
    name = "sparse-file"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the files that have a sparse map."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            for position in entries.sparse:
                if entries.kinds[position] == _OLD:
                    continue
                path, offset = entries.paths[position], entries.offsets[position]
                yield self.finding(
                    layer,
                    f"{layer.label}: {path} at byte {offset} is a sparse file: "
                    f"{entries.stored_sizes[position]} of its {entries.sizes[position]} bytes are "
                    "stored",
                    at={"path": path, "offset": offset},
                )
