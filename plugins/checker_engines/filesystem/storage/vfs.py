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
from checker_engines.filesystem.shared import ExtractedLayer, Stack, empty_stack, steps_of

_NO_LIMIT = 2**62


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
        self._stack: Stack | None = None
        # All layers, of which some are not in the tree yet, since what they end with was known.
        self._layers: list[ExtractedLayer] = []
        self._paid = 0
        self._tree = dialect.new_tree()
        self._in_tree = 0

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
        layer = ExtractedLayer(entries, count, is_whole)
        is_allowed = self._dialect.privileges.allow(entries)
        if self._stack is None and is_allowed and self._plain.add(entries, count):
            self._layers.append(layer._replace(is_whole=False))
            return
        if self._stack is None:
            self._stack = self._plain_stack(entries)
        self._layers.append(layer)
        self._stack = self._stack.above(steps_of(self._dialect, entries), layer)
        self._stack.outcomes.find(self._dialect, self._work, self._simulate)
        self._paid = len(self._layers)

    def _plain_stack(self, upper: Entries) -> Stack:
        """The layers so far, which are plain."""
        stack = empty_stack(self._layers[0].entries if self._layers else upper)
        for layer in self._layers:
            stack = stack.above(steps_of(self._dialect, layer.entries), layer)
        return stack

    def measure_layer(self) -> None:
        """Do nothing: the size is the sum of what was extracted."""

    def _simulate(self) -> None:
        """Extract all layers that are not in the tree yet; those that are paid for, again."""
        while self._in_tree < len(self._layers):
            is_paid = self._in_tree < self._paid
            layer = self._layers[self._in_tree]
            self._in_tree += 1
            work = Work(_NO_LIMIT) if is_paid else self._work
            Extractor(self._dialect, self._tree, work).unpack_onto_layers(layer)
