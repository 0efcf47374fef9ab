"""Each layer in a separate directory: Docker's overlay2 and the overlay of containers-storage.

Sources: moby, daemon/graphdriver/overlay2/overlay.go (ApplyDiff), and its pkg/archive
(archive_linux.go, overlayWhiteoutConverter); containers-storage, drivers/overlay/overlay.go and
pkg/archive/archive_linux.go. A layer is extracted by ``Unpack`` into an empty directory, in which
files of lower layers do not exist. Its whiteouts become device nodes 0/0, and markers of opaque
directories become attributes: that is what overlayfs knows.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from errno import EEXIST, ENOENT, ENOTDIR

from checker.model.entries import (
    CHARACTER_DEVICE,
    DIRECTORY,
    OPAQUE_WHITEOUT,
    REGULAR,
    WHITEOUT_PREFIX,
    Entries,
    clean_path,
)
from checker.model.work import Work
from checker.records import NamedTuple
from checker_engines.filesystem.dialect import Dialect
from checker_engines.filesystem.errors import ExtractionError
from checker_engines.filesystem.extractor import Extractor, Item
from checker_engines.filesystem.plain import is_plain
from checker_engines.filesystem.shared import ExtractedLayer, Outcomes, steps_of
from checker_engines.filesystem.tree import Node, Tree, TreeError, is_long_path

_NO_DEVICE = "no such device or address"
_NOT_PERMITTED = "operation not permitted"
_TOO_LONG = "file name too long"
_WHITEOUT = -2
"""Position of the nodes that overlayfs knows as whiteouts."""


class Converter(NamedTuple):
    """How a version converts whiteouts.

    Attributes:
        mknod: Returns the text before an error of creating a device node, given its path.
        set_opaque: Returns the text before an error of setting the attribute of an opaque
            directory, given its path.
        chown: The text before an error of changing the owner of a device node, with ``{path}``.
        open_parent: The text before an error of opening the directory, with ``{path}``, if that is
            a separate step.
        refused: Returns the error for a name of a whiteout that is refused, given the name of the
            entry and its last part.
        ignores_below_files: Whether a whiteout below what is not a directory is ignored.
        keeps_root_owned: Whether the owner of a device node is only changed if it is not root.
    """

    mknod: Callable[[str], str]
    set_opaque: Callable[[str], str]
    chown: str
    open_parent: str | None = None
    refused: Callable[[str, str], str | None] | None = None
    ignores_below_files: bool = False
    keeps_root_owned: bool = False

    @property
    def steps(self) -> Hashable:
        """What it does, without what only changes the words of errors."""
        opens = self.open_parent is not None
        return opens, self.refused, self.ignores_below_files, self.keeps_root_owned


class OverlayExtractor(Extractor):
    """The extraction of one layer.

    Args:
        dialect: The fork and version.
        converter: How it converts whiteouts.
        tree: The tree to extract to.
        work: What may be spent on it.
    """

    def __init__(self, dialect: Dialect, converter: Converter, tree: Tree, work: Work) -> None:
        super().__init__(dialect, tree, work)
        self._converter = converter

    def is_converted(self, entries: Entries, item: Item) -> bool:
        """Convert a whiteout (ConvertRead).

        Returns:
            False if it is not one, so that the entry is extracted.

        Raises:
            ExtractionError: It cannot be converted.
        """
        parent, _, base = item.path.rpartition("/")
        if not base.startswith(WHITEOUT_PREFIX):
            return False
        refuse = self._converter.refused
        if refuse is not None:
            error = refuse(self.cleaned(entries, item), base)
            if error is not None:
                raise ExtractionError(error, item.position)
        if self._converter.open_parent is not None:
            self._open(self._converter.open_parent, parent, item)
        if base == OPAQUE_WHITEOUT:
            self._set_opaque(parent, item)
        else:
            self._hide(clean_path(f"{parent}/{base.removeprefix(WHITEOUT_PREFIX)}"), entries, item)
        return True

    def _open(self, call: str, parent: str, item: Item) -> None:
        try:
            node = self.tree.walk(parent)
        except TreeError as error:
            raise self.failed(call, item, str(error), parent) from error
        if node.position == _WHITEOUT:
            raise self.failed(call, item, _NO_DEVICE, parent)

    def _set_opaque(self, parent: str, item: Item) -> None:
        """Set the attribute of the directory, or of whatever is in its place."""
        call = self._converter.set_opaque
        try:
            node = self.tree.walk(parent)
        except TreeError as error:
            raise self._not_converted(call, item, str(error), parent) from error
        # Without privileges it is an attribute of users, which other kinds of files cannot have.
        if self.privileges.highest_id is not None and node.kind not in (DIRECTORY, REGULAR):
            raise self._not_converted(call, item, _NOT_PERMITTED, parent)

    def _hide(self, hidden: str, entries: Entries, item: Item) -> None:
        """Create the device node that hides a path."""
        converter = self._converter
        try:
            self._create_whiteout(hidden)
        except TreeError as error:
            if converter.ignores_below_files and error.number == ENOTDIR:
                return
            raise self._not_converted(converter.mknod, item, str(error), hidden) from error
        is_root_owned = not entries.uids[item.position] and not entries.gids[item.position]
        if not (converter.keeps_root_owned and is_root_owned):
            self.check_owner(entries, item, converter.chown, hidden)

    def _not_converted(
        self, call: Callable[[str], str], item: Item, words: str, path: str
    ) -> ExtractionError:
        return ExtractionError(call(self.shown(path)) + words, item.position)

    def _create_whiteout(self, path: str) -> None:
        try:
            self.tree.lstat(path)
        except TreeError as error:
            if error.number != ENOENT:
                raise
            self.tree.put(path, Node(CHARACTER_DEVICE, _WHITEOUT))
        else:
            raise TreeError(EEXIST)


class OverlayLayers:
    """The directories of layers.

    Args:
        dialect: The fork and version.
        converter: How it converts whiteouts.
        place: Path of the directory of a layer on the host, from the root, without links.
        work: What may be spent on it.
    """

    has_lower = False

    def __init__(self, dialect: Dialect, converter: Converter, place: str, work: Work) -> None:
        self._dialect = dialect
        self._converter = converter
        self._place = place
        self._work = work
        # Where the layer extracted last has a path that is too long for the host.
        self._long: str | None = None

    def extract_layer(self, entries: Entries, count: int, *, is_whole: bool = True) -> None:
        """Extract the first entries of a layer into an empty directory.

        Args:
            entries: The entries.
            count: The number of entries to extract.
            is_whole: Whether they are followed by the end of the layer, not by an error.

        Raises:
            ExtractionError: One of them cannot be extracted.
            OutOfWork: It is not known whether they can be extracted.
        """
        self._long = None
        if is_plain(entries) and self._dialect.privileges.allow(entries):
            return
        layer = ExtractedLayer(entries, count, is_whole)
        words = (self._dialect, self._converter)
        outcomes = entries.cached(_Extractions).of(self._steps(layer))
        self._long = outcomes.find(words, self._work, lambda: self._simulate(layer))

    def _steps(self, layer: ExtractedLayer) -> Hashable:
        """What the outcome of extracting a layer depends on, besides the words of errors."""
        place = self._place if self._may_be_long(layer.entries) else ""
        dialect = steps_of(self._dialect, layer.entries)
        return dialect, self._converter.steps, place, layer.number, layer.is_whole

    def _may_be_long(self, entries: Entries) -> bool:
        # A character takes four bytes at most, so that short paths need not be encoded.
        longest = entries.longest_path
        return is_long_path("x" * (len(self._place) + 1 + 4 * longest)) and any(
            is_long_path(f"{self._place}/{path}") for path in entries.by_path
        )

    def _simulate(self, layer: ExtractedLayer) -> str | None:
        """Extract a layer; the first of its paths that is too long for the host."""
        tree = self._dialect.new_tree()
        OverlayExtractor(self._dialect, self._converter, tree, self._work).unpack_archive(layer)
        return next(self._long_paths(tree), None) if self._may_be_long(layer.entries) else None

    def measure_layer(self) -> str | None:
        """Add up the sizes of the files of the layer extracted last (``directory.Size``).

        Returns:
            The error for a path that is too long with the directory on the host before it.
        """
        return None if self._long is None else f"lstat <tmp>/{self._long}: {_TOO_LONG}"

    def _long_paths(self, tree: Tree) -> Iterator[str]:
        """The paths that the host cannot look up, in the order of ``filepath.Walk``."""
        pending = [("", tree.root)]
        while pending:
            path, node = pending.pop()
            self._work.spend()
            if is_long_path(f"{self._place}/{path}"):
                yield path
                continue
            children = sorted((node.children or {}).items(), reverse=True)
            pending.extend((f"{path}/{name}" if path else name, each) for name, each in children)


class _Extractions:
    """What extracting a layer into an empty directory ends with, by the steps.

    Args:
        entries: Its entries.
    """

    def __init__(self, entries: Entries) -> None:
        del entries
        self._known: dict[Hashable, Outcomes[str | None]] = {}

    def of(self, steps: Hashable) -> Outcomes[str | None]:
        return self._known.setdefault(steps, Outcomes())
