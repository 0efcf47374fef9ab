"""Compares the files of two trees."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator

from checker.comparison.differences import (
    Category,
    Change,
    Difference,
    Differences,
    Field,
    Ignored,
)
from checker.comparison.trees import FileFacts, Tree, facts_of, is_directory, linked_paths
from checker.model.entries import REGULAR
from checker.model.image import Layer
from checker.model.rootfs import RootfsEntry
from checker.records import NamedTuple

MADE_BY_ENGINES = frozenset(
    {
        ".dockerenv",
        "dev",
        "dev/console",
        "dev/pts",
        "dev/shm",
        "etc/hostname",
        "etc/hosts",
        "etc/mtab",
        "etc/resolv.conf",
        "proc",
        "run/.containerenv",
        "run/secrets",
        "sys",
    }
)
"""What Docker 20.10 to 29 and Podman 4 and 5 create in the root of every container."""
_BY_ENGINE = "created by the engine in every container"
_SHOWN_DIGITS = 12
_MOST_LINKS = 3
_LEVELS = 2


class Growth(NamedTuple):
    """The size of the files below a directory.

    Attributes:
        directory: The directory, at most two levels deep.
        a: Bytes in the first archive.
        b: Bytes in the second archive.
    """

    directory: str
    a: int
    b: int


def compare_files(a: Tree, b: Tree, ignored: Ignored) -> Differences:
    """The differences between two trees.

    A directory that one side has only because of what is in it is not a difference.
    """

    def described(difference: Difference) -> Difference:
        if difference.change is Change.CHANGED:
            return difference
        tree = b if difference.change is Change.ADDED else a
        found = tree.get(difference.where)
        return difference if found is None else _described(difference, facts_of(tree, found))

    return Differences.of(_differences(a, b), ignored, described)


def _differences(a: Tree, b: Tree) -> Iterator[Difference]:
    linked_a, linked_b = linked_paths(a), linked_paths(b)
    for found in a:
        path = found.path
        other = b.get(path)
        if other is not None:
            if not _is_same_entry(found, other):
                links = (linked_a.get(path), linked_b.get(path))
                yield from _changed(path, facts_of(a, found), facts_of(b, other), links)
        elif not (is_directory(found) and b.exists(path)):
            yield Difference(path, Change.REMOVED)
    for found in b:
        path = found.path
        if a.get(path) is None and not (is_directory(found) and a.exists(path)):
            yield Difference(path, Change.ADDED)


def _is_same_entry(a: RootfsEntry, b: RootfsEntry) -> bool:
    """Whether two entries are the same one of the same layer, which archives share."""
    if a.position != b.position:
        return False
    diff_ids = diff_id_of(a.layer), diff_id_of(b.layer)
    return diff_ids[0] is not None and diff_ids[0] == diff_ids[1]


def diff_id_of(layer: Layer) -> str | None:
    """The digest of the uncompressed layer, computed from its content."""
    blob = layer.blob
    return None if blob is None or not blob.whole else blob.diff_id


def _described(difference: Difference, facts: FileFacts) -> Difference:
    """The difference with what the one side has."""
    values = [("type", facts.kind_name)]
    if facts.kind == REGULAR:
        values.append(("size", str(facts.size)))
    is_added = difference.change is Change.ADDED
    return difference._replace(
        fields=tuple(
            Field(name, None, value) if is_added else Field(name, value, None)
            for name, value in values
        ),
        note=_note(difference.where),
    )


def _note(path: str) -> str | None:
    return _BY_ENGINE if path in MADE_BY_ENGINES else None


def _changed(
    path: str,
    a: FileFacts,
    b: FileFacts,
    links: tuple[frozenset[str] | None, frozenset[str] | None],
) -> Iterator[Difference]:
    if a == b and links[0] == links[1]:
        return
    fields = tuple(_fields(path, a, b, links))
    if fields:
        yield Difference(path, Change.CHANGED, fields, _note(path))


def _fields(
    path: str,
    a: FileFacts,
    b: FileFacts,
    links: tuple[frozenset[str] | None, frozenset[str] | None],
) -> Iterator[Field]:
    if a.kind != b.kind:
        yield Field("type", a.kind_name, b.kind_name)
        return
    for name, shown in _PROPERTIES:
        one, other = shown(a), shown(b)
        if one != other:
            yield Field(name, one, other)
    if a.size == b.size and a.content != b.content:
        yield _content_field(a, b)
    for name in sorted(a.xattrs.keys() | b.xattrs.keys()):
        if a.xattrs.get(name) != b.xattrs.get(name):
            yield Field(f"attribute {name}", _hex(a.xattrs.get(name)), _hex(b.xattrs.get(name)))
    if links[0] != links[1]:
        yield Field("hard links", _paths(path, links[0]), _paths(path, links[1]))
    if a.mtime != b.mtime:
        yield Field("mtime", _time(a.mtime), _time(b.mtime), Category.TIMESTAMPS)


def _content_field(a: FileFacts, b: FileFacts) -> Field:
    is_known = a.content is not None and b.content is not None
    category = Category.CONTENT if is_known else Category.UNKNOWN
    return Field("content", _digest(a.content), _digest(b.content), category)


def _digest(content: bytes | None) -> str:
    return "not read" if content is None else f"sha256:{content.hex()[:_SHOWN_DIGITS]}"


def _time(seconds: int) -> str:
    """A time as RFC 3339, or as a number where that has no form for it."""
    try:
        return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return str(seconds)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _paths(path: str, paths: frozenset[str] | None) -> str:
    others = sorted((paths or frozenset()) - {path})
    if not others:
        return "none"
    more = len(others) - _MOST_LINKS
    return ", ".join(others[:_MOST_LINKS]) + (f" and {more} more" if more > 0 else "")


_PROPERTIES: tuple[tuple[str, Callable[[FileFacts], str | None]], ...] = (
    ("mode", lambda facts: None if facts.mode is None else f"{facts.mode:04o}"),
    ("owner", lambda facts: f"{facts.uid}:{facts.gid}"),
    ("size", lambda facts: str(facts.size)),
    ("link target", lambda facts: facts.target),
    ("device", lambda facts: None if facts.device is None else "{}:{}".format(*facts.device)),
)


def compare_sizes(a: Tree, b: Tree) -> tuple[Growth, ...]:
    """The directories whose files differ in size altogether, largest difference first."""
    sizes_a, sizes_b = _sizes(a), _sizes(b)
    grown = (
        Growth(directory, sizes_a[directory], sizes_b[directory])
        for directory in sizes_a.keys() | sizes_b.keys()
        if sizes_a[directory] != sizes_b[directory]
    )
    return tuple(sorted(grown, key=lambda one: (-abs(one.b - one.a), one.directory)))


def _sizes(tree: Tree) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in tree:
        entries, position = one.layer.entries, one.position
        if chr(entries.kinds[position]) in "07S" and entries.sizes[position]:
            directory = entries.paths[position].split("/")[:-1][:_LEVELS]
            found["/" + "/".join(directory)] += entries.sizes[position]
    return found
