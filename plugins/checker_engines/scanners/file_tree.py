"""The tree of one layer as stereoscope builds it (stereoscope 0.4.1, pkg/image/layer.go).

An entry replaces an earlier one at its path, unless something is below that path, or a link or file
is on the way to it: then its type must stay the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.entries import DIRECTORY, HARD_LINK, SYMLINK, Entries, clean_path
from checker.model.work import Work
from checker_engines.answers.refusal import LAYER_NOT_EXTRACTED, Refusal
from checker_engines.golang.fmt import quote

_FILE = "0"
_NAMES = {_FILE: "a regular file", SYMLINK: "a symlink file", HARD_LINK: "a hardlink file"}
_NAMES[DIRECTORY] = "a directory"
_BARE = ".wh."


def check_tree(entries: Entries, layer: str, work: Work) -> None:
    """Build the tree of a layer.

    Args:
        entries: Its entries.
        layer: What the layer is called in a reason.
        work: What may be spent on it.

    Raises:
        Refusal: An entry cannot be added.
        OutOfWork: There is not enough left.
    """
    if all(entries.kinds[at] == ord(DIRECTORY) for at in _at_parents(entries)):
        return
    work.spend(len(entries))
    _Tree(layer).add_all(entries)


def check_squash(entries: Entries, layer: str) -> None:
    """Apply a layer to those below it.

    Raises:
        Refusal: It removes the root.
    """
    for path in entries.whiteouts:
        directory, _, base = path.rpartition("/")
        if base != _BARE and not clean_path(f"{directory}/{base.removeprefix(_BARE)}"):
            raise Refusal(
                "filetree Merge failed to remove upperPath (upperPath=/): cannot remove the root "
                "path (`/`) from the FileTree",
                f"a whiteout in {layer} hides the root of the image",
                ("LYR009",),
            )


def _at_parents(entries: Entries) -> Iterator[int]:
    """The positions of entries that others are below."""
    directories = entries.directories
    return (at for at, path in enumerate(entries.paths) if path in directories)


class _Tree:
    """The nodes: their kinds, and which of them have children."""

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self._kinds: dict[str, str] = {"": DIRECTORY}
        self._parents: set[str] = {""}

    def add_all(self, entries: Entries) -> None:
        for position, path in enumerate(entries.paths):
            kind = chr(entries.kinds[position])
            target = clean_path(entries.linknames.get(position, ""))
            effective = self._effective(kind, target)
            if kind == HARD_LINK and not self._fits(path, effective):
                # Tried again as what its own header says.
                effective = HARD_LINK
            self._add(entries.name(position), path, effective)

    def _effective(self, kind: str, target: str) -> str:
        """The kind of a node; a hard link has that of its target."""
        if kind == HARD_LINK:
            found = self._kinds.get(target, HARD_LINK)
            return HARD_LINK if found == DIRECTORY or not target else found
        return kind if kind in _NAMES else _FILE

    def _add(self, name: str, path: str, kind: str) -> None:
        if not self._fits(path, kind):
            raise Refusal(
                f"failed to visit tar entry={quote(name)} : failed visitor on tar indexEntry: "
                f"path={quote(f'/{path}')} already exists but is NOT {_NAMES[kind]}",
                f"{path} in {self._layer} has content below it and is also {_NAMES[kind]}",
                LAYER_NOT_EXTRACTED,
            )
        self._kinds[path] = kind
        for parent in _above(path):
            if parent in self._parents and parent in self._kinds:
                break
            self._parents.add(parent)
            self._kinds.setdefault(parent, DIRECTORY)

    def _fits(self, path: str, kind: str) -> bool:
        """Whether an entry of a kind can be at a path."""
        found = self._kinds.get(path)
        return found is None or found == kind or self._is_removable(path)

    def _is_removable(self, path: str) -> bool:
        if path in self._parents:
            return False
        return all(self._kinds.get(parent) == DIRECTORY for parent in _above(path))


def _above(path: str) -> Iterator[str]:
    """The directories that a path is in, the nearest first."""
    while path:
        path = path.rpartition("/")[0]
        yield path
