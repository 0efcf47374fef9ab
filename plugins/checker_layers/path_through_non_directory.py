"""LYR012: an entry below a path that is not a directory."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from checker import Archive, Entries, Finding, Image, Layer, Severity
from checker.checks.turns import Turns
from checker.model.entries import (
    DIRECTORY,
    KIND_NAMES,
    SYMLINK,
    clean_path,
    climbs_out,
    hidden_by,
    is_whiteout,
)
from checker.model.members import LINKS_FOLLOWED
from checker_layers.layers import (
    Below,
    TreeCheck,
    Use,
    find_below,
    prefixes,
    shown,
    through_parents,
    uses,
    whose,
)

_DIRECTORY, _SYMLINK = ord(DIRECTORY), ord(SYMLINK)
# All layers below are searched for each.
_LOOKUPS = 20
_LEFT_OUT = "not all directories were looked up in lower layers"
# The content of these directories is created at run time.
_FRESH = frozenset({"run", "tmp"})


class PathThroughNonDirectory(TreeCheck):
    """The path of an entry leads through a file or a symbolic link.

    What it means:
        An entry is below a path that is a file or symbolic link in the same layer, or in a lower
        layer while no entry of this layer makes it a directory. In the same layer it is an error,
        unless the symbolic link comes before all entries below it and leads to a directory: a note
        if that directory is in the same layer, a warning if it is in a lower one. A file or link in
        a lower layer is a warning; a link with a missing target, or to /run or /tmp, is a note. A
        link that forms a loop is like a file. The root itself must be a directory. Whiteouts are
        entries as well.

    Why it matters:
        Entries below a file cannot be unpacked ("not a directory"). A file or link that comes after
        the entries below it replaces the directory, and its content is lost. Through a link,
        entries are unpacked to another path than their names say, if the engine can resolve it.
        Where only a lower layer has the file or link, overlay storage hides it with a new directory
        and other storage drivers follow it: the image differs between engines. For example,
        ``/bin`` is lost if a layer with ``bin/tool`` is added to a base image where ``/bin`` is a
        link to ``usr/bin``. A whiteout such as ``bin/.wh.tool`` does the same: overlay storage
        leaves an empty ``/bin``, other storage drivers delete ``usr/bin/tool``, and below a file
        engines fail. containerd refuses a directory without an entry two levels below a file of a
        lower layer, or below the link to one.

    How to fix it:
        Write the entry under its resolved path, or unpack and repack the layer:

            before:  bin/tool
            after:   usr/bin/tool

    References:
        - OCI image-spec 1.1, layer.md, "Applying Changesets"
        - moby/go-archive: "path escapes from parent", "not a directory"
        - containerd, pkg/archive: mkparent
    """

    id = "LYR012"
    name = "path-through-non-directory"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the parents of all entries, in each layer and in those below it."""
        turns = Turns(self, _LEFT_OUT, _LOOKUPS)
        for of_layer in uses(archive):
            if of_layer[0].image is not None:
                yield from self._root(of_layer[0].layer)
            yield from self._own(of_layer[0])
            if not of_layer[0].is_windows:
                yield from self._lower(of_layer, turns)

    def _root(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        position = entries.by_path.get("")
        if position is None or climbs_out(entries.name(position)):
            return  # reported by LYR013
        if entries.kinds[position] != _DIRECTORY:
            what = f"a {_kind(entries, position)}, but it is the root directory"
            yield self._report(layer, position, f"{shown(entries, position)} is {what}")

    def _own(self, use: Use) -> Iterator[Finding]:
        """Check paths below a file or link of the same layer."""
        layer, entries = use.layer, use.layer.entries
        for path, first in _inside(entries, entries.obstacles):
            position = entries.by_path[path]
            kind = _kind(entries, position)
            if position > first:
                child = shown(entries, first)
                message = (
                    f"{shown(entries, position)} is a {kind} that replaces the directory of "
                    f"{child}; the content of the directory is lost"
                )
                yield self._report(layer, position, message)
            else:
                what, severity = _through(use, path, position)
                message = (
                    f"{shown(entries, first)} is below {path}, a {kind} at byte "
                    f"{entries.offsets[position]}{what}"
                )
                yield self._report(layer, first, message, severity)

    def _lower(self, of_layer: Sequence[Use], turns: Turns) -> Iterator[Finding]:
        """Check paths below a file or link that only a lower layer has."""
        layer, entries = of_layer[0].layer, of_layer[0].layer.entries
        if not any(use.below for use in of_layer):
            return
        # `by_path` has most directories, so few are looked up in lower layers.
        implied = entries.implied
        odd: dict[str, Below] = {}
        harmful: set[str] = set()
        loops: set[str] = set()
        for use, paths in _odd_below(of_layer, implied):
            for path in turns.take(paths):
                below = find_below(use.below, path)
                if below is None or not _is_odd(below):
                    continue
                odd[path] = below
                if _is_loop(use.below[::-1], path):
                    loops.add(path)
                elif not _hides_nothing(use, path, below):
                    harmful.add(path)
        for path, first in _inside(entries, odd.keys()):
            lower, position = odd[path].layer, odd[path].position or 0
            kind = _kind(lower.entries, position)
            target = lower.entries.linknames.get(position)
            followed = None if path in loops else target
            message = (
                f"{shown(entries, first)} is below {path}, which is a {kind}"
                f"{f' to {target}' if target else ''} in layer {lower.position}"
                f"{' that forms a loop' if path in loops else ''}, and no entry of this layer "
                "makes it a directory; overlay storage replaces it with "
                f"{_fate(entries.paths[first], followed)}"
            )
            severity = Severity.WARNING if path in harmful | loops else Severity.NOTE
            yield self._report(layer, first, message, severity)

    def _report(
        self, layer: Layer, position: int, message: str, severity: Severity | None = None
    ) -> Finding:
        entries = layer.entries
        return self.finding(
            layer,
            whose(layer) + message,
            at={"path": entries.paths[position], "offset": entries.offsets[position]},
            severity=severity,
        )


def _kind(entries: Entries, position: int) -> str:
    flag = chr(entries.kinds[position])
    return KIND_NAMES.get(flag, f"entry of type {flag!r}")


def _inside(entries: Entries, paths: AbstractSet[str]) -> Iterator[tuple[str, int]]:
    """The first entry below each of some paths, in that order.

    Whiteouts before a file or link of the same layer do not count: they are removed when it
    replaces the directory.
    """
    found: set[str] = set()
    longest = max(map(len, paths), default=0)
    parent, above = "", tuple[str, ...]()
    for position, path in enumerate(entries.paths) if paths else ():
        # Mostly the parent is that of the path before, or the root.
        directory = path[: max(0, path.rfind("/"))]
        if directory != parent:
            parent = directory
            above = tuple(each for each in prefixes(directory, longest) if each in paths)
        for each in above:
            if each in found:
                continue
            if not is_whiteout(path) or position > entries.by_path.get(each, -1):
                found.add(each)
                yield each, position


def _fate(path: str, target: str | None) -> str:
    """What storage drivers do with an entry below a lower file, or a lower link to a target."""
    hidden = hidden_by(path) if is_whiteout(path) else None
    new = "an empty directory" if is_whiteout(path) else "a new directory"
    if target is None:
        return f"{new}, other storage drivers fail"
    if hidden is None:
        return f"{new}, other storage drivers follow it"
    return f"{new}, other storage drivers follow it and delete {hidden.rpartition('/')[2]} there"


def _through(use: Use, path: str, position: int) -> tuple[str, Severity]:
    """What happens to entries below a file or link that comes before them."""
    entries = use.layer.entries
    if entries.kinds[position] != _SYMLINK:
        return "; it cannot be unpacked", Severity.ERROR
    target = entries.linknames.get(position, "")
    lead = _lead(path, target)
    if climbs_out(lead):
        return f" to {target}, which is outside the root", Severity.ERROR
    place = clean_path(lead)
    landing = _directory_at((use.layer,), place)
    if landing is not None:
        return f" to {target}; it is unpacked to {landing or 'the root'}", Severity.NOTE
    stack = (use.layer, *reversed(use.below))
    if _directory_at(stack, place) is not None or not use.is_known:
        where = "which is not in this layer; some storage drivers cannot resolve it"
        return f" to {target}, {where}", Severity.WARNING
    return f" to {target}, which does not lead to a directory", Severity.ERROR


def _lead(path: str, target: str) -> str:
    """The target of a link as a path from the root."""
    return target if target.startswith("/") else f"{posixpath.dirname(path)}/{target}"


def _hides_nothing(use: Use, path: str, below: Below) -> bool:
    """Whether a directory that replaces an entry of a lower layer hides no content."""
    entries, position = below.layer.entries, below.position or 0
    if entries.kinds[position] != _SYMLINK:
        return False
    target = entries.linknames.get(position, "")
    directory = _directory_at(use.below[::-1], clean_path(_lead(path, target)))
    if directory is None:
        return not _is_file(use.below[::-1], clean_path(_lead(path, target)))
    if directory.partition("/")[0] in _FRESH:
        return True
    if not directory:
        return False  # the root, which has at least the link itself
    return not any(directory in layer.entries.directories for layer in use.below)


def _is_loop(layers: Sequence[Layer], path: str) -> bool:
    """Whether a path leads from link to link without an end."""
    for _ in range(LINKS_FOLLOWED):
        through = through_parents(layers, f"{path}/.")
        if through is None:
            return False
        path = through
    return True


def _directory_at(layers: Sequence[Layer], path: str) -> str | None:
    """The directory, in one of some layers, that a path leads to; None without one."""
    for _ in range(LINKS_FOLLOWED):
        for layer in layers:
            position = layer.entries.by_path.get(path)
            if position is None and (not path or path in layer.entries.directories):
                return path
            if position is not None and layer.entries.kinds[position] == _DIRECTORY:
                return path
        # The last component may be a link, so it is resolved as a parent.
        through = through_parents(layers, f"{path}/.")
        if through is None or through == path:
            return None
        path = through
    return None


def _is_file(layers: Sequence[Layer], path: str) -> bool:
    """Whether the topmost entry at a path is something else than a directory or a link."""
    for layer in layers:
        position = layer.entries.by_path.get(path)
        if position is not None:
            return layer.entries.kinds[position] not in (_DIRECTORY, _SYMLINK)
    return False


def _odd_below(
    of_layer: Iterable[Use], paths: frozenset[str]
) -> Iterator[tuple[Use, Sequence[str]]]:
    """Those of some paths at which a layer below has an entry that is not a directory.

    Args:
        of_layer: The uses of a layer, those in one image from the base up.
        paths: The paths.

    Yields:
        Each use with its paths in alphabetical order, as there may be more than are looked up.
    """
    below: tuple[Layer, ...] = ()
    image: Image | None = None
    seen: set[int] = set()
    found: frozenset[str] = frozenset()
    ordered: Sequence[str] = ()
    for use in of_layer if paths else ():
        # Of one image, what is below a layer is also below those above it.
        if use.image is not image or len(use.below) < len(below):
            below, image, seen, found, ordered = (), use.image, set(), frozenset(), ()
        tables = {id(lower.entries): lower.entries for lower in use.below[len(below) :]}
        new = [entries for key, entries in tables.items() if key not in seen]
        found = found.union(*(_odd_in(entries, paths) for entries in new))
        if len(ordered) < len(found):
            ordered = sorted(found)
        seen.update(tables)
        below = use.below
        yield use, ordered


def _odd_in(entries: Entries, paths: frozenset[str]) -> Iterator[str]:
    """Those of some paths at which a layer has an entry that is not a directory."""
    by_path, kinds = entries.by_path, entries.kinds
    return (path for path in paths & by_path.keys() if kinds[by_path[path]] != _DIRECTORY)


def _is_odd(below: Below) -> bool:
    position = below.position
    return position is not None and below.layer.entries.kinds[position] != _DIRECTORY
