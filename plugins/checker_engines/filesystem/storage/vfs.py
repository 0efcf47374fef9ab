"""Layers in copies of those below them: the driver vfs, and those that apply layers likewise.

Sources: moby, daemon/graphdriver/fsdiff.go (NaiveDiffDriver.ApplyDiff); containers-storage,
drivers/fsdiff.go. Each layer is extracted by ``UnpackLayer`` onto the files of the lower ones,
which its whiteouts remove.
"""

from __future__ import annotations

from checker.model.entries import Entries
from checker.model.work import Work
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.extractor import Extractor
from checker_engines.filesystem.plain_layers import PlainLayers
from checker_engines.filesystem.tree import Tree


class VfsLayers:
    """A root that layers are extracted to, base first.

    Args:
        dialect: The fork and version.
        work: What may be spent on it.
    """

    has_lower = True

    def __init__(self, dialect: Dialect, work: Work) -> None:
        self._dialect = dialect
        self._work = work
        # Extraction is simulated from the first layer that is not plain.
        self._plain = PlainLayers()
        self._tree: Tree | None = None

    def extract_layer(self, entries: Entries, count: int, *, is_whole: bool = True) -> None:
        """Extract the first entries of a layer onto the layers below.

        Args:
            entries: The entries.
            count: The number of entries to extract.
            is_whole: Whether they are followed by the end of the layer, not by an error.

        Raises:
            ExtractionError: One of them cannot be extracted.
            OutOfWork: It is not known whether they can be extracted.
        """
        is_allowed = self._dialect.privileges.allow(entries)
        if self._tree is None and is_allowed and self._plain.add(entries, count):
            return
        if self._tree is None:
            self._tree = self._dialect.new_tree()
            for layer, extracted in self._plain.layers:
                self._simulate(layer, extracted, self._tree)
        extractor = self._simulate(entries, count, self._tree)
        if is_whole:
            extractor.finish()

    def measure_layer(self) -> None:
        """Do nothing: the size is the sum of what was extracted."""

    def _simulate(self, entries: Entries, count: int, tree: Tree) -> Extractor:
        extractor = Extractor(self._dialect, tree, self._work)
        for position in range(count):
            extractor.unpack_layer(entries, position)
        return extractor
