"""A tree as lines of text: type and mode, owner, size, layer, name, target."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from checker.contents.tree import Node, Placed
from checker.model.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    FIFO,
    HARD_LINK,
    SYMLINK,
    hidden_by,
    is_whiteout,
)
from checker.records import NamedTuple
from checker.reports.layout import Line, Style
from checker.reports.printable import cells, printable
from checker.reports.wording import count_words, size_words

MOST_IN_DIRECTORY = 40
"""Rows that a directory gets; the others are counted, unless all are asked for."""

_TYPES = {
    DIRECTORY: "d",
    SYMLINK: "l",
    HARD_LINK: "h",
    CHARACTER_DEVICE: "c",
    BLOCK_DEVICE: "b",
    FIFO: "p",
}
_CUT = "..."
_NARROWEST_NAME = 12


class _Row(NamedTuple):
    mode: str
    owner: str
    size: str
    layer: str
    branch: str
    name: str
    target: str


def tree_lines(top: Node, title: str, width: int, most: int | None) -> Iterator[Line]:
    """The lines of a tree.

    Args:
        top: The tree.
        title: What its top is called.
        width: Columns; names and targets that do not fit are cut.
        most: Rows of one directory; None for all.
    """
    rows = [_row(top, "", title), *_rows(top, "", most)]
    shows_layers = any(row.layer for row in rows)
    owner = max(len(row.owner) for row in rows)
    size = max(len(row.size) for row in rows)
    layer = max(len(row.layer) for row in rows)
    for row in rows:
        columns = f"{row.mode} {row.owner.ljust(owner)} {row.size.rjust(size)}  "
        if shows_layers:
            columns += f"{row.layer.ljust(layer)}  "
        room = max(_NARROWEST_NAME, width - len(columns) - cells(row.branch))
        name, target = _fitted(row.name, row.target, room)
        yield (
            (Style.FAINT, columns),
            (Style.FAINT, row.branch),
            (Style.TITLE if row.mode.startswith("d") else Style.PLAIN, name),
            (Style.FAINT, target),
        )


def _rows(node: Node, indent: str, most: int | None) -> Iterator[_Row]:
    children = node.sorted_children()
    shown = children if most is None or len(children) <= most + 1 else children[:most]
    for number, child in enumerate(shown, 1):
        is_last = number == len(children)
        yield _row(child, f"{indent}{'└── ' if is_last else '├── '}", printable(child.name))
        yield from _rows(child, f"{indent}{'    ' if is_last else '│   '}", most)
    hidden = children[len(shown) :]
    if hidden:
        size = size_words(sum(child.size for child in hidden))
        words = f"... {count_words(len(hidden), 'more entry', 'more entries')}, {size}"
        yield _Row(" " * 10, "", "", "", f"{indent}└── ", words, "")


def _row(node: Node, branch: str, name: str) -> _Row:
    placed = node.placed
    below = count_words(node.count, "entry", "entries")
    note = f"  ({below})" if node.count and not node.children else ""
    if placed is None:
        return _Row("d---------", "-", size_words(node.size), "", branch, f"{name}{note}", "")
    entries, position = placed.entries, placed.position
    layer = "" if placed.layer is None else f"L{placed.layer}"
    return _Row(
        mode=_mode(placed),
        owner=f"{entries.uids[position]}:{entries.gids[position]}",
        size=_size(node, placed),
        layer=layer,
        branch=branch,
        name=f"{name}{note}",
        target=_target(placed),
    )


def _mode(placed: Placed) -> str:
    flag = chr(placed.entries.kinds[placed.position])
    return _TYPES.get(flag, "-") + stat.filemode(placed.entries.modes[placed.position] & 0o7777)[1:]


def _size(node: Node, placed: Placed) -> str:
    entries, position = placed.entries, placed.position
    device = entries.devices.get(position)
    if device is not None and chr(entries.kinds[position]) in (CHARACTER_DEVICE, BLOCK_DEVICE):
        return f"{device[0]}, {device[1]}"
    if chr(entries.kinds[position]) in (SYMLINK, HARD_LINK, FIFO):
        return "-"
    return size_words(node.size)


def _target(placed: Placed) -> str:
    entries, position = placed.entries, placed.position
    if is_whiteout(placed.path):
        hidden = hidden_by(placed.path)
        return "  (opaque)" if hidden is None else "  (whiteout)"
    link = entries.linknames.get(position)
    kind = chr(entries.kinds[position])
    if link is None or kind not in (SYMLINK, HARD_LINK):
        return ""
    return f" {'->' if kind == SYMLINK else '=>'} {printable(link)}"


def _fitted(name: str, target: str, room: int) -> tuple[str, str]:
    """A name and target that fit in so many columns, cut at their ends; targets first."""
    if cells(name) + cells(target) <= room:
        return name, target
    name = cut(name, room)
    left = room - cells(name)
    return name, cut(target, left) if left > len(_CUT) else ""


def cut(text: str, room: int) -> str:
    """The text, its end replaced by dots if it has more columns than there is room for."""
    if cells(text) <= room:
        return text
    kept, used = "", 0
    for character in text:
        used += cells(character)
        if used > max(0, room - len(_CUT)):
            break
        kept += character
    return f"{kept}{_CUT}"
