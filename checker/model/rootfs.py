"""The root filesystem that rules ask: what is visible of merged layers."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, compress, count
from operator import itemgetter, methodcaller

from checker.model.blob import Blob
from checker.model.changesets import MergedLayer, merged_layers, parents_of, stack_of
from checker.model.compression import Compression
from checker.model.elf import ElfFile
from checker.model.entries import HARD_LINK, SYMLINK, Entries, Entry, clean_path
from checker.model.image import Config, Image, Layer
from checker.model.limits import LimitReached, Limits
from checker.model.location import Location
from checker.model.members import LINKS_FOLLOWED
from checker.model.tar import Tar
from checker.records import NamedTuple

_HARD_LINK, _SYMLINK = ord(HARD_LINK), ord(SYMLINK)
# For so few directories a search over all paths is faster than a set of all directories.
_FEW = 8
_LOOKUPS = Limits().lookups
# What an entry below a symlink of the same layer takes of the lookups, and what following the
# symlink takes. Each image may be listed a thousand times.
_OF_ENTRY, _OF_DIRECTORY = 10, 200
# How many entries are merged for one of the lookups.
_MERGED = 10
_THROUGH_LINKS = "not all entries were followed whose paths lead through a symlink of their layer"
_TO_WHAT_IS_HIDDEN = "not all hard links were followed to files that a layer above hides"
# Parts of a path and of the links in it, all together; a name has 4096 bytes at most.
_PARTS = 4096
# Paths of which it is kept where they end, and as many directories.
_ENDS_KEPT = 1024


class RootfsEntry(NamedTuple):
    """An entry of the merged root filesystem.

    It costs much less than the record of the entry, which is made when it is asked for, so that
    rules can ask for thousands of them.

    Attributes:
        layer: The layer that it is in.
        position: Its position among the entries of that layer.
    """

    layer: Layer
    position: int

    @property
    def path(self) -> str:
        """The cleaned path."""
        return self.layer.entries.paths[self.position]

    @property
    def entry(self) -> Entry:
        """The entry as a record."""
        return self.layer.entries[self.position]


def follow_hard_links(
    found: RootfsEntry, target_of: Callable[[RootfsEntry], RootfsEntry | None]
) -> RootfsEntry | None:
    """The entry that has the content of another one.

    Args:
        found: The other one.
        target_of: What a hard link links to; None if it is not there.

    Returns:
        None if the target is not there, or links form a loop.
    """
    linked: RootfsEntry | None = found
    for _ in range(LINKS_FOLLOWED):
        if linked is None or linked.layer.entries.kinds[linked.position] != _HARD_LINK:
            return linked
        linked = target_of(linked)
    return None


class _Way(NamedTuple):
    """Where a path leads.

    Attributes:
        end: The cleaned path at its end; None if that is not known.
        links: Symlinks that were followed.
        parts: Parts of the path and of the links.
    """

    end: str | None
    links: int = 0
    parts: int = 0


class _Ways:
    """Where paths lead in one root: rules ask for the same, and for many in one directory."""

    __slots__ = ("directories", "ends")

    def __init__(self) -> None:
        self.directories: dict[str, _Way] = {}
        self.ends: dict[str, str | None] = {}


class _LastWays:
    """The ways in the last stack on a base: a thousand images may have the same."""

    def __init__(self, _base: Entries) -> None:
        self._stack: tuple[int, ...] = ()
        self._ways = _Ways()

    def of(self, layers: tuple[Layer, ...]) -> _Ways:
        """The ways in the root of some layers, as far as they were asked for."""
        stack = stack_of(layers)
        if stack != self._stack:
            self._stack, self._ways = stack, _Ways()
        return self._ways


class Rootfs:
    """A merged root filesystem.

    No path is copied: each layer keeps its own table, and only what is hidden is noted, because a
    merged table of millions of files would double the memory.

    Args:
        location: The image or archive.
        layers: The layers, base first.
        image: The image, if it is the root of one.
        lookups: Paths that may be looked up to find where entries end whose paths lead through
            symlinks of their own layer; and as many, to follow hard links to what is hidden.
    """

    __slots__ = (
        "__weakref__",
        "_answers",
        "_below",
        "_directories",
        "_left_out",
        "_lookups",
        "_merged",
        "_merged_below",
        "_numbers",
        "_visible",
        "_ways",
        "_written_through_links",
        "image",
        "layers",
        "location",
    )

    def __init__(
        self,
        location: Location,
        layers: tuple[Layer, ...],
        image: Image | None = None,
        lookups: int = _LOOKUPS,
    ) -> None:
        self.location = location
        self._lookups = lookups
        # What the lookups did not suffice for.
        self._left_out: dict[str, None] = {}
        self.layers = layers
        self.image = image
        self._merged: tuple[MergedLayer, ...] = merged_layers(layers)
        # Where entries are looked for: a layer may be listed a thousand times and show nothing.
        self._visible = tuple(
            one for one in self._merged if len(one.hidden) < len(one.entries.by_path)
        )
        # What rules asked for: several ask for the same, and a root may have millions of entries.
        self._answers: dict[tuple[object, ...], tuple[RootfsEntry, ...]] = {}
        self._directories: frozenset[str] | None = None
        self._written_through_links: dict[str, RootfsEntry] | None = None
        self._ways: _Ways | None = None
        # For hard links: the positions of the layers, and the roots below some of them.
        self._numbers: dict[int, int] = {}
        self._below: dict[int, Rootfs] = {}
        self._merged_below = 0

    def __iter__(self) -> Iterator[RootfsEntry]:
        """Every entry that is visible, top layer first, whiteouts left out."""
        for layer, entries, hidden in self._visible:
            for path, position in entries.by_path.items():
                if path not in hidden:
                    yield RootfsEntry(layer, position)

    def __len__(self) -> int:
        return sum(len(entries.by_path) - len(hidden) for _, entries, hidden in self._visible)

    def __contains__(self, path: str) -> bool:
        """Whether an entry is visible at a cleaned path; no link is followed."""
        return self._at(path) is not None

    @property
    def config(self) -> Config | None:
        """The config of the image, if it is the root of one that has it."""
        return None if self.image is None else self.image.config

    @property
    def reached(self) -> tuple[LimitReached, ...]:
        """The limits because of which something was not found so far."""
        return tuple(LimitReached("lookups", self._lookups, what) for what in self._left_out)

    @property
    def is_whole(self) -> bool:
        """Whether every layer is there and was read to its end; else nothing is known for sure."""
        return are_whole(self.layers)

    def of_kind(self, *kinds: str) -> tuple[RootfsEntry, ...]:
        """The visible entries of some kinds, such as symlinks, top layer first."""
        return self._find(("kind", *kinds), lambda entries: entries.of_kind(*kinds))

    def with_mode(self, bits: int) -> tuple[RootfsEntry, ...]:
        """The visible entries that have any of some mode bits, top layer first.

        Symlinks are left out: their mode means nothing.
        """
        return self._find(
            ("mode", bits),
            lambda entries: (i for i in entries.with_mode(bits) if entries.kinds[i] != _SYMLINK),
        )

    def below(self, *directories: str) -> tuple[RootfsEntry, ...]:
        """The visible entries anywhere below some directories, top layer first.

        Args:
            directories: Cleaned paths. To ask for all at once is much faster than one by one.
        """
        return self._find(("below", *directories), lambda entries: _below(entries, directories))

    def with_xattr(self, name: str) -> tuple[RootfsEntry, ...]:
        """The visible entries with an extended attribute, such as ``security.capability``."""
        return self._find(
            ("xattr", name),
            lambda entries: (i for i, values in entries.xattrs.items() if name in values),
        )

    def named(self, *names: str) -> tuple[RootfsEntry, ...]:
        """The visible entries whose last part is one of some names, wherever they are."""
        wanted = frozenset(names)
        return self._find(("named", wanted), lambda entries: _named(entries, wanted))

    def exists(self, path: str) -> bool:
        """Whether an entry is visible at a cleaned path, or below it.

        An extraction creates a directory even if it has no entry.
        """
        return bool(self.existing((path,)))

    def existing(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of some cleaned paths that ``exists`` is true of; much faster than one by one."""
        wanted = frozenset(paths)
        found = {path for path in wanted if path in self or (not path and len(self))}
        absent = wanted - found
        if absent and self._directories is None and self._is_search_quicker(len(absent)):
            return frozenset(found | self._search_directories(absent))
        if absent and self._directories is None:
            self._directories = frozenset(self._find_directories())
        return frozenset(found | (absent & self._directories if self._directories else set()))

    def _is_search_quicker(self, count: int) -> bool:
        """Whether to look for some directories is quicker than to work out all of them."""
        visible = self._visible
        return count <= _FEW and not all(
            entries.has_directories and not hidden for _, entries, hidden in visible
        )

    def _search_directories(self, paths: frozenset[str]) -> set[str]:
        """Those paths below which something is visible, by one search over all paths."""
        # The longer first, so that of nested directories the inner one is found.
        names = "|".join(map(re.escape, sorted(paths, key=len, reverse=True)))
        wanted = re.compile(rf"\0(({names})/[^\0]*)")
        found: set[str] = set()
        for _, entries, hidden in self._visible:
            for text in entries.texts():
                found.update(parent for path, parent in wanted.findall(text) if path not in hidden)
        return {path for path in paths if any(f"{one}/".startswith(f"{path}/") for one in found)}

    def _find_directories(self) -> set[str]:
        found = {""} if len(self) else set[str]()
        for _, entries, hidden in self._visible:
            if not hidden:
                found |= entries.directories
                continue
            pending = parents_of(entries.by_path.keys() - hidden)
            while pending:
                found |= pending
                pending = parents_of(pending) - found
        return found

    def _find(
        self, question: tuple[object, ...], find: Callable[[Entries], Iterable[int]]
    ) -> tuple[RootfsEntry, ...]:
        """The visible entries among some; the answer is kept for whoever asks next."""
        if question not in self._answers:
            self._answers[question] = tuple(
                RootfsEntry(one.layer, position)
                for one in self._visible
                for position in _shown(one, find(one.entries))
            )
        return self._answers[question]

    def kept_contents(self, mode: int | None = None) -> Iterator[tuple[Layer, int, bytes]]:
        """The visible files whose first bytes were kept, top layer first.

        Args:
            mode: Mode bits, of which the files have any; None for all files.

        Yields:
            The layer, the position of the file among its entries, and the bytes. No record of
            the entry is made, so that a rule can look through many files.
        """
        for layer, entries, hidden in self._visible:
            paths, by_path = entries.paths, entries.by_path
            contents = {} if layer.tar is None else layer.tar.contents
            kept = contents if mode is None else entries.cached(_KeptByMode).of(contents, mode)
            for position in kept:
                path = paths[position]
                if by_path.get(path) == position and path not in hidden:
                    yield layer, position, contents[position]

    def hidden(self) -> Iterator[tuple[Layer, AbstractSet[str]]]:
        """What of each layer is not visible, top layer first.

        Yields:
            The layer, and the paths that layers above replace or take away, whiteouts of the layer
            itself included.
        """
        for layer, _, hidden in self._merged:
            yield layer, hidden

    def get(self, path: str) -> RootfsEntry | None:
        """The visible entry at a cleaned path; no link is followed."""
        found = self._at(path)
        return None if found is None else RootfsEntry(*found)

    def _at(self, path: str) -> tuple[Layer, int] | None:
        """The layer and position of the visible entry at a cleaned path, without a record of it."""
        for layer, entries, hidden in self._visible:
            position = entries.by_path.get(path)
            if position is not None and path not in hidden:
                return layer, position
        if self._written_through_links is None:
            # Links are followed for it, which looks up entries in its turn.
            self._written_through_links = {}
            self._written_through_links.update(self._find_written_through_links())
            # What was followed meanwhile did not lead through all of them.
            self._ways = None
        return self._written_through_links.get(path)

    def _link_at(self, path: str) -> str | None:
        """The target of the visible symlink at a path; None if there is not a symlink."""
        found = self._at(path)
        if found is None:
            return None
        layer, position = found
        entries = layer.entries
        is_link = entries.kinds[position] == _SYMLINK
        return entries.linknames.get(position, "") if is_link else None

    def _find_written_through_links(self) -> Iterator[tuple[str, RootfsEntry]]:
        """Where entries end whose paths lead through a symlink of their own layer.

        So are layers made of several tars, of which one has ``bin -> usr/bin`` and another files
        in ``bin``. What the lookups do not suffice for is left out, which ``reached`` tells.
        """
        below_links = (
            (layer, entries, position)
            for layer, entries, _ in self._visible
            for position in entries.cached(_below_links)
        )
        targets: dict[str, str | None] = {}
        most_entries = max(1, self._lookups // _OF_ENTRY)
        most_directories = max(1, self._lookups // _OF_DIRECTORY)
        for number, (layer, entries, position) in enumerate(below_links):
            directory, _, base = entries.paths[position].rpartition("/")
            is_new = directory not in targets
            if number >= most_entries or (is_new and len(targets) >= most_directories):
                self._left_out[_THROUGH_LINKS] = None
                return
            if is_new:
                targets[directory] = self.follow(directory)
            target = targets[directory]
            found = None if target is None else self.get(target)
            # What the link leads to must be there first.
            is_late = found is not None and found.layer is layer and found.position > position
            if target is not None and not is_late:
                yield f"{target}/{base}" if target else base, RootfsEntry(layer, position)

    def file_of(self, found: RootfsEntry) -> RootfsEntry | None:
        """The entry that has the content: of a hard link, the file that it links to.

        Returns:
            None if the target is not there, or links form a loop.
        """
        return follow_hard_links(found, self._target_of)

    def _target_of(self, link: RootfsEntry) -> RootfsEntry | None:
        """What a hard link links to: what was there when it was made.

        The link keeps that if the same layer or one above removes or replaces it.
        """
        entries = link.layer.entries
        target = clean_path(entries.linknames.get(link.position, ""))
        own = entries.last_before(target, link.position)
        if own is not None:
            return RootfsEntry(link.layer, own)
        found = self._get_below(link.layer, target)
        if found is not None:
            return found
        # Engines refuse a link to what comes later, but this is what is meant.
        later = entries.by_path.get(target)
        return None if later is None else RootfsEntry(link.layer, later)

    def _get_below(self, layer: Layer, path: str) -> RootfsEntry | None:
        """The entry at a cleaned path that the layers below one of the layers leave visible."""
        number = self._number_of(layer)
        found = self.get(path)
        if found is not None and self._number_of(found.layer) < number:
            return found
        if not any(path in below.entries.by_path for below in self.layers[:number]):
            return None
        root = self._root_below(number)
        return None if root is None else root.get(path)

    def _number_of(self, layer: Layer) -> int:
        if not self._numbers:
            self._numbers.update((id(each), number) for number, each in enumerate(self.layers))
        return self._numbers[id(layer)]

    def _root_below(self, number: int) -> Rootfs | None:
        """The root of the layers below a position; None if too much was merged already."""
        if number not in self._below:
            if self._merged_below >= self._lookups * _MERGED:
                self._left_out[_TO_WHAT_IS_HIDDEN] = None
                return None
            layers = self.layers[:number]
            self._merged_below += sum(len(each.entries) for each in layers)
            self._below[number] = Rootfs(self.location, layers, lookups=self._lookups)
        return self._below[number]

    def elf(self, found: RootfsEntry) -> ElfFile | None:
        """What was read of an ELF file; None of other files, and if no check asked for it."""
        file = self.file_of(found)
        tar = None if file is None else file.layer.tar
        return None if file is None or tar is None else tar.elf_files.get(file.position)

    def content(self, found: RootfsEntry) -> bytes | None:
        """The first bytes of a file that some check asked for; None if they were not kept.

        A hard link shows the content of the file it links to.
        """
        file = self.file_of(found)
        tar = None if file is None else file.layer.tar
        if file is None or tar is None:
            return None
        entry = file.entry
        if not entry.is_file:
            return None
        return tar.contents.get(entry.position) if entry.size else b""

    def resolve(self, path: str) -> RootfsEntry | None:
        """The entry at a path, symlinks followed inside the root, as ``chroot`` would.

        Returns:
            None if nothing is there, a link dangles, or links form a loop.
        """
        end = self.follow(path)
        return self.get(end) if end else None

    def follow(self, path: str) -> str | None:
        """Where a path ends, symlinks followed inside the root; nothing need be there.

        Returns:
            The cleaned path; None if links form a loop, or lead on without an end in sight.
        """
        ways = self._ways_so_far()
        if path in ways.ends:
            return ways.ends[path]
        directory, _, last = path.rpartition("/")
        way = ways.directories.get(directory)
        if way is None:
            way = self._walk(_Way(""), _parts(directory), [])
            if len(ways.directories) < _ENDS_KEPT:
                ways.directories[directory] = way
        end = self._walk(way, _parts(last), []).end
        if len(ways.ends) < _ENDS_KEPT:
            ways.ends[path] = end
        return end

    def directories_on_the_way(self, path: str) -> tuple[str, ...]:
        """The cleaned paths of all directories that resolving a path leads through.

        Those that links lead through are among them; the root is the empty path.
        """
        passed: list[str] = []
        self._walk(_Way(""), _parts(path), passed)
        return tuple(dict.fromkeys(passed))

    def _ways_so_far(self) -> _Ways:
        """Where paths lead, as far as it was asked for in a root of the same layers."""
        if self._ways is None:
            # What is found through links is counted, and told of each root.
            is_counted = any(entries.cached(_below_links) for _, entries, _ in self._visible)
            is_shared = self._visible and not is_counted
            base = self.layers[0].entries if is_shared else None
            self._ways = base.cached(_LastWays).of(self.layers) if base else _Ways()
        return self._ways

    def _walk(self, start: _Way, pending: list[str], passed: list[str]) -> _Way:
        """Go on from a directory; the directories that entries are looked up in join ``passed``.

        Args:
            start: Where it begins, and what was followed up to there.
            pending: The parts that are left, last one first.
            passed: The directories.
        """
        here, links = start.end, start.links
        if here is None:
            return start
        for parts in range(start.parts, _PARTS):
            if not pending:
                return _Way(here, links, parts)
            part = pending.pop()
            passed.append(here)
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            there = f"{here}/{part}" if here else part
            target = self._link_at(there)
            if target is None:
                here = there
                continue
            links += 1
            if links > LINKS_FOLLOWED:
                break
            if target.startswith("/"):
                here = ""
            pending += _parts(target)
        return _Way(None)


class _KeptByMode:
    """The files of a layer of which first bytes were kept, by mode bits that rules ask for."""

    def __init__(self, entries: Entries) -> None:
        self._modes = entries.modes
        self._known: dict[int, tuple[int, ...]] = {}

    def of(self, kept: Iterable[int], mode: int) -> tuple[int, ...]:
        """The positions of those that have any of some mode bits."""
        if mode not in self._known:
            self._known[mode] = tuple(each for each in kept if self._modes[each] & mode)
        return self._known[mode]


def flat_layer(path: str, tar: Tar, size: int, compression: Compression) -> Layer:
    """An archive itself as the one layer of a root filesystem.

    Args:
        path: The archive.
        tar: Its entries.
        size: Bytes of the file.
        compression: How the file is compressed.
    """
    place = Location(archive=path)
    blob = Blob(
        location=place,
        position=-1,
        path="",
        size=size,
        digests={},
        compression=compression,
        inflated_size=tar.size,
        tar=tar,
    )
    return Layer(location=place, position=0, descriptor=None, path=None, blob=blob, diff_id=None)


def _below_links(entries: Entries) -> Sequence[int]:
    """The entries that are below a symlink of the same layer, if that comes before them."""
    found = array("q")
    by_path, kinds = entries.by_path, entries.kinds
    links = {path for path in entries.obstacles if kinds[by_path[path]] == _SYMLINK}
    longest = max(map(len, links), default=0)
    parent, link = "", None
    for path, position in by_path.items() if links else ():
        # Mostly the parent is that of the path before, or the root.
        directory = path[: max(0, path.rfind("/"))]
        if directory != parent:
            parent = directory
            if "/" in directory:
                link = _outermost(directory, links, longest)
            else:
                link = directory if directory in links else None
        if link is not None and by_path[link] < position:
            found.append(position)
    return found


def _outermost(path: str, directories: AbstractSet[str], longest: int) -> str | None:
    """The first of some directories that a path leads through; None if there is none."""
    end = path.find("/")
    while 0 <= end <= longest:
        if path[:end] in directories:
            return path[:end]
        end = path.find("/", end + 1)
    return path if path in directories else None


def _parts(path: str) -> list[str]:
    """The parts of a path, last one first."""
    if "/" not in path:
        return [] if path in ("", ".") else [path]
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def are_whole(layers: Iterable[Layer]) -> bool:
    """Whether all of some layers are there and were read to their end."""
    return all(map(_is_whole, layers))


def _is_whole(layer: Layer) -> bool:
    blob = layer.blob
    if blob is None or blob.tar is None or not blob.whole or blob.tar.fatal is not None:
        return False
    if not blob.tar.is_listed:
        return False
    # The limit on content leaves out first bytes of files, and no entry.
    return all(reached.limit == "content" for reached in blob.tar.limits)


def _below(entries: Entries, directories: tuple[str, ...]) -> Iterator[int]:
    """The positions of what is below some directories."""
    if entries.has_directories:
        directories = tuple(filter(entries.directories.__contains__, directories))
    if not directories:
        return iter(())
    # No name in a tar contains a NUL; here each follows one.
    wanted = re.compile(rf"\0((?:{'|'.join(map(re.escape, directories))})/[^\0]*)")
    paths = chain.from_iterable(map(wanted.findall, entries.texts()))
    positions = map(entries.by_path.get, dict.fromkeys(paths))
    return (position for position in positions if position is not None)


def _shown(one: MergedLayer, positions: Iterable[int]) -> Iterator[int]:
    """Those of some positions of a layer whose entries are visible."""
    _, entries, hidden = one
    paths, by_path = entries.paths, entries.by_path
    for position in positions:
        path = paths[position]
        if by_path.get(path) == position and path not in hidden:
            yield position


def _named(entries: Entries, names: frozenset[str]) -> Iterator[int]:
    last_parts = map(itemgetter(2), map(methodcaller("rpartition", "/"), entries.paths))
    return compress(count(), map(names.__contains__, last_parts))
