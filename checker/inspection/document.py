"""What is in an archive, as a JSON document: version 1, ``checker_schemas/reports/show.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from checker._version import __version__
from checker.contents.records import Contents
from checker.contents.tree import Node
from checker.masking import Mask
from checker.model.archive import Archive, Source
from checker.reports.json_report import json_text, without_marks
from checker.reports.printable import without_surrogates
from checker.results import CheckedArchive

VERSION = 1
_MOST_MEMBERS = 1000
# The end of a document whose last key is that of the tree.
_NO_TREE = "null\n}\n"

Object = dict[str, object]


def render_json(checked: CheckedArchive, contents: Contents, tree: Node | None, mask: Mask) -> str:
    """The document in ASCII, indented by two spaces; the tree, which may be large, on one line.

    Args:
        checked: The archive, classified.
        contents: What is in it.
        tree: The tree, if it was asked for.
        mask: Masks secrets.
    """
    text = json_text(mask.all(_document(checked, contents)))
    if tree is None:
        return text
    rows = json.dumps(node_of(tree, mask), separators=(",", ":"))
    return f"{text.removesuffix(_NO_TREE)}{without_marks(rows)}\n}}\n"


def _document(checked: CheckedArchive, contents: Contents) -> Object:
    """The document; every key is always present, with null for unknown values."""
    archive, found = checked.archive, checked.classification
    return {
        "version": VERSION,
        "tool": {"name": "archive-checker", "version": __version__},
        "command": "show",
        "path": checked.path,
        "kind": None if archive is None else str(archive.kind),
        "known_kind": None if archive is None else _known(archive),
        "is_directory": archive is not None and archive.source is Source.DIRECTORY,
        "producer": None if found is None else found.producer,
        "compression": None if archive is None else str(archive.compression.kind),
        "size": None if archive is None else archive.size,
        "loadable": None if found is None else str(found.loadable),
        "importable": None if found is None else found.importable,
        "restore": None if found is None else found.restore,
        "unwrapped": list(contents.steps),
        "problems": list(contents.problems),
        "member_count": 0 if archive is None else len(archive.entries.by_path),
        "members": [] if archive is None else list(_members(archive)),
        "images": [_record(image) for image in contents.images],
        "artifacts": [_record(artifact) for artifact in contents.artifacts],
        "signatures": [_record(signature) for signature in contents.signatures],
        "root": None if contents.root is None else _record(contents.root),
        "tree": None,
    }


def _known(archive: Archive) -> Object | None:
    known = archive.known_kind
    if known is None:
        return None
    return {"name": known.name, "title": known.title, "readers": known.readers}


def _members(archive: Archive) -> Iterator[Object]:
    """The first members; the tree of ``--outer`` has all."""
    for entry, _ in zip(archive.entries, range(_MOST_MEMBERS), strict=False):
        yield {
            "name": entry.name,
            "type": entry.kind_name,
            "size": entry.size,
            "link": entry.linkname or None,
            "offset": None if entry.offset < 0 else entry.offset,
        }


def _record(record: object) -> object:
    """A record of the inspection as JSON: its fields are the keys."""
    fields: tuple[str, ...] | None = getattr(record, "_fields", None)
    if fields is not None:
        return {field: _record(getattr(record, field)) for field in fields}
    if isinstance(record, tuple):
        return [_record(each) for each in record]
    return dict(record) if isinstance(record, dict) else record


def node_of(node: Node, mask: Mask) -> Object:
    """A row of a tree with what is in it.

    No function calls itself: a path may have thousands of parts.
    """
    top = _row(node, mask)
    pending = [(node, top)]
    while pending:
        each, row = pending.pop()
        children = [(child, _row(child, mask)) for child in each.sorted_children()]
        row["children"] = [child_row for _, child_row in children]
        pending.extend(children)
    return top


def _row(node: Node, mask: Mask) -> Object:
    placed = node.placed
    row: Object = {
        "name": _safe(node.name, mask),
        "type": node.kind,
        "mode": None,
        "uid": None,
        "gid": None,
        "size": node.size,
        "mtime": None,
        "link": None,
        "device": None,
        "layer": None,
        "entries": node.count,
    }
    if placed is not None:
        entries, position = placed.entries, placed.position
        device = entries.devices.get(position)
        link = entries.linknames.get(position)
        row["mode"] = f"{entries.modes[position] & 0o7777:04o}"
        row["uid"] = entries.uids[position]
        row["gid"] = entries.gids[position]
        row["mtime"] = entries.mtimes[position]
        row["link"] = None if link is None else _safe(link, mask)
        row["device"] = None if device is None else list(device)
        row["layer"] = placed.layer
    return row


def _safe(text: str, mask: Mask) -> str:
    return without_surrogates(mask.text(text))
