"""LYR016: a sparse file in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import GNU_SPARSE
from checker_layers._layers import no_layer_reason, present_layers

_OLD = ord(GNU_SPARSE)


class SparseFile(Check):
    """A layer holds a sparse file.

    What it means:
        The tar stores only the parts of the file that are not zero, and a map of where they
        belong. (The old GNU form of it, type flag `S`, is refused: see unsupported-layer-entry.)

    Why it matters:
        The specification advises against sparse files in layers. Engines read the PAX form, but
        not every tool does, and some of those write the map into the file. A small layer can
        unpack to a huge file.

    How to fix it:
        Write the layer without `tar --sparse`; compression makes zeros small anyway.

    References:
        - OCI image-spec 1.1, layer.md, "File Attributes": sparse files should not be used
        - GNU tar manual, "Storing Sparse Files"
    """

    id = "LYR016"
    name = "sparse-file"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there are no files in them."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report the files that have a map."""
        for layer, _ in present_layers(archive):
            entries = layer.entries
            for position in entries.sparse:
                if entries.kinds[position] == _OLD:
                    continue
                path, offset = entries.paths[position], entries.offsets[position]
                yield self.finding(
                    layer,
                    f"{layer.label}: {path} at byte {offset} is a sparse file: of its "
                    f"{entries.sizes[position]} bytes {entries.stored_sizes[position]} are stored",
                    at={"path": path, "offset": offset},
                )
