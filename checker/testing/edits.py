"""Edits of a test archive: changes of members, documents and bytes in case files.

An edit is a table with a single key, the name of the operation; :mod:`checker.testing.cases` lists
them with examples. Edits of members work on a :class:`Draft` before it is written; edits of bytes
work on what was written, so they come last.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from checker.testing.damage import DAMAGES
from checker.testing.elf import elf
from checker.testing.image import encode_json
from checker.testing.tar import BLOCK, Member, compress, offsets, opaque, whiteout, write_tar
from checker.typing_names import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Names: TypeAlias = "Mapping[str, str]"
Table: TypeAlias = "Mapping[str, Any]"

CONTENT_KEYS = frozenset({"text", "hex", "json", "cose", "zeros", "elf"})
FIELD_KEYS = frozenset(
    {
        *("type", "link", "mode", "uid", "gid", "mtime", "uname", "gname", "major", "minor"),
        *("pax", "long_names", "raw"),
    }
)
ENTRY_KEYS = FIELD_KEYS | CONTENT_KEYS | {"path", "compress"}
PLACE_KEYS = frozenset({"member", "at", "from"})

TYPES: Mapping[str, bytes] = MappingProxyType(
    {
        "file": b"0",
        "hardlink": b"1",
        "symlink": b"2",
        "char": b"3",
        "block": b"4",
        "dir": b"5",
        "fifo": b"6",
        "contiguous": b"7",
        "pax": b"x",
        "pax-global": b"g",
    }
)
"""Type flags by the name that case files use; a single character stands for itself."""

_MODES: Mapping[bytes, int] = MappingProxyType({b"5": 0o755, b"2": 0o777})
_BASE64: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "base64": base64.b64encode,
        "base64url": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    }
)
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A tar under construction.

    Attributes:
        members: The members in order.
        names: Values of placeholders.
        end_blocks: Number of zero blocks at the end.
        data: The bytes, after an edit of bytes; before that None.
    """

    members: tuple[Member, ...]
    names: Names = field(default_factory=dict, hash=False)
    end_blocks: int = 2
    data: bytes | None = None

    def written(self) -> bytes:
        """The current bytes."""
        if self.data is not None:
            return self.data
        return write_tar(self.members, end_blocks=self.end_blocks)

    def places(self) -> dict[str, int]:
        """Byte offsets by ``start:``, ``header:``, ``data:`` or ``end:`` and a member's name.

        ``end`` alone is the end marker. Offsets count in the tar as written, before edits of bytes.
        Of members with the same name, the first is used.
        """
        found: dict[str, int] = {}
        extents = offsets(self.members)
        for member, extent in zip(self.members, extents, strict=True):
            for part in ("start", "header", "data", "end"):
                found.setdefault(f"{part}:{member.name}", getattr(extent, part))
        return found | {"end": extents[-1].end if extents else 0}


def fill(text: str, names: Names) -> str:
    """Replace placeholders in braces by their values.

    Raises:
        ValueError: A placeholder is unknown.
    """
    unknown = [key for key in _PLACEHOLDER.findall(text) if key not in names]
    if unknown:
        known = ", ".join(sorted(names)) or "none"
        raise ValueError(f"unknown placeholder {{{unknown[0]}}} in {text!r}; known: {known}")
    return fill_known(text, names)


def fill_known(text: str, names: Names) -> str:
    """As :func:`fill`, but keep unknown placeholders, for texts with other braces."""
    return _PLACEHOLDER.sub(lambda found: names.get(found[1], found[0]), text)


def fill_json(value: Any, names: Names) -> Any:
    """Replace the known placeholders in all strings of a JSON value.

    An object with the single member ``base64`` or ``base64url`` becomes the encoded JSON of its
    value.
    """
    if isinstance(value, str):
        return fill_known(value, names)
    if isinstance(value, Mapping):
        if len(value) == 1 and (encode := _BASE64.get(next(iter(value)))) is not None:
            return encode(encode_json(fill_json(next(iter(value.values())), names))).decode()
        return {key: fill_json(each, names) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [fill_json(each, names) for each in value]
    return value


def content(table: Table, names: Names) -> bytes:
    """The bytes that a table describes with one of :data:`CONTENT_KEYS`.

    Raises:
        ValueError: More than one of these is given, or a value is invalid.
    """
    given = sorted(CONTENT_KEYS & set(table))
    if len(given) > 1:
        raise ValueError(f"give one of {', '.join(given)}, not several")
    data = _CONTENT[given[0]](table[given[0]], names) if given else b""
    return compress(data, table.get("compress", "none"))


def member_from(table: Table, names: Names = MappingProxyType({})) -> Member:
    """The member, or layer entry, that a table describes.

    Raises:
        ValueError: A value is wrong.
    """
    path = fill(table["path"], names)
    kind = table.get("type", _guess_type(table))
    if kind in _MARKERS:
        return with_fields(_MARKERS[kind](path), table, names)
    flag = _typeflag(kind)
    mode = _MODES.get(flag, 0o755 if "elf" in table else 0o644)
    member = Member(path, content(table, names), typeflag=flag, mode=mode)
    return with_fields(member, {**table, "type": kind}, names)


def with_fields(member: Member, table: Table, names: Names) -> Member:
    """The member with the header fields that the table gives.

    Raises:
        ValueError: A value is wrong.
    """
    renamed = {"link": "linkname", "major": "devmajor", "minor": "devminor"}
    plain = FIELD_KEYS - {"type", "raw", "pax", "link"}
    changes: dict[str, Any] = {
        renamed.get(key, key): value for key, value in table.items() if key in plain
    }
    if "link" in table:
        changes["linkname"] = fill(table["link"], names)
    if "type" in table and table["type"] not in _MARKERS:
        changes["typeflag"] = _typeflag(table["type"])
    changes["pax"] = {**member.pax, **table.get("pax", {})}
    changes["raw"] = {**member.raw, **{k: _raw(v) for k, v in table.get("raw", {}).items()}}
    return replace(member, **changes)


def set_pointer(document: Any, pointer: str, value: Any) -> Any:
    """A JSON document with the value at a pointer (RFC 6901) set; ``-`` appends to an array.

    Raises:
        ValueError: The pointer does not exist.
    """
    if not pointer:
        return value
    parent, last = _walk(document, pointer)
    if isinstance(parent, list) and last == "-":
        parent.append(value)
    else:
        parent[_key(parent, last, pointer)] = value
    return document


def unset_pointer(document: Any, pointer: str) -> Any:
    """A JSON document without what is at a pointer (RFC 6901).

    Raises:
        ValueError: The pointer does not exist.
    """
    parent, last = _walk(document, pointer)
    key = _key(parent, last, pointer)
    if isinstance(parent, dict) and key not in parent:
        raise ValueError(f"{pointer!r} does not exist")
    del parent[key]
    return document


def normalise(edit: Any, known: Mapping[str, Operation]) -> tuple[str, Table]:
    """Name and table of an edit, with the short form of a single value expanded.

    Raises:
        ValueError: The operation or one of its keys is unknown, or a key is missing.
    """
    if not isinstance(edit, Mapping) or len(edit) != 1:
        raise ValueError(f"an edit is a table with one key, the operation, not {edit!r}")
    ((name, value),) = edit.items()
    if name not in known:
        raise ValueError(f"unknown key {name!r}; operations here: {', '.join(known)}")
    operation = known[name]
    table = value if isinstance(value, Mapping) else {operation.short: value}
    unknown = sorted(set(table) - operation.keys)
    if unknown:
        raise ValueError(
            f"{name}: unknown key {unknown[0]!r}; known: {', '.join(sorted(operation.keys))}"
        )
    missing = sorted(operation.required - set(table))
    if missing:
        raise ValueError(f"{name}: the key {missing[0]!r} is missing")
    return name, table


def edit_tar(draft: Draft, edits: Sequence[Any]) -> Draft:
    """Apply edits to a tar, in order.

    Raises:
        ValueError: An edit is wrong.
    """
    for number, edit in enumerate(edits):
        try:
            name, table = normalise(edit, TAR_EDITS)
            draft = TAR_EDITS[name].apply(draft, table)
        except (ValueError, TypeError) as error:
            raise ValueError(f"edit {number}: {error}") from error
    return draft


def edit_folder(draft: Draft, edits: Sequence[Any]) -> Draft:
    """Apply edits to members that become files of a directory, in order.

    Raises:
        ValueError: An edit is invalid, or only applicable to a tar.
    """
    for number, edit in enumerate(edits):
        name, _ = normalise(edit, TAR_EDITS)
        if name not in FOLDER_EDITS:
            raise ValueError(
                f"edit {number}: {name} is only applicable to tars, not to a directory"
            )
    return edit_tar(draft, edits)


def edit_bytes(data: bytes, edits: Sequence[Any], names: Names) -> bytes:
    """Apply edits to a document or blob, in order.

    Raises:
        ValueError: An edit is wrong.
    """
    for number, edit in enumerate(edits):
        try:
            name, table = normalise(edit, BYTE_EDITS)
            data = BYTE_EDITS[name].apply(data, table, names)
        except (ValueError, TypeError) as error:
            raise ValueError(f"edit {number}: {error}") from error
    return data


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the vocabulary.

    Attributes:
        apply: Performs it.
        keys: Keys of its table.
        required: Required keys.
        short: The key of a single value without a table.
    """

    apply: Callable[..., Any]
    keys: frozenset[str]
    required: frozenset[str] = frozenset()
    short: str = "?"


# --- values


def _text(value: str, names: Names) -> bytes:
    return fill_known(value, names).encode()


def _hex(value: str, _names: Names) -> bytes:
    return bytes.fromhex(value)


def _json(value: Any, names: Names) -> bytes:
    return encode_json(fill_json(value, names))


def _cose(value: Any, names: Names) -> bytes:
    """A COSE_Sign1 message (RFC 9052, section 4.2) with a payload, for ES256, and no signer."""
    headers, signature = b"\xa1\x01\x26", bytes(64)
    parts = (_cbor_bytes(headers), b"\xa0", _cbor_bytes(_json(value, names)))
    return b"\xd2\x84" + b"".join(parts) + _cbor_bytes(signature)


def _cbor_bytes(data: bytes) -> bytes:
    return b"\x5a" + len(data).to_bytes(4, "big") + data


def _zeros(value: int, _names: Names) -> bytes:
    return bytes(value)


def _elf(value: Table, _names: Names) -> bytes:
    return elf(**value)


_CONTENT: Mapping[str, Callable[[Any, Names], bytes]] = MappingProxyType(
    {"text": _text, "hex": _hex, "json": _json, "cose": _cose, "zeros": _zeros, "elf": _elf}
)
_MARKERS: Mapping[str, Callable[[str], Member]] = MappingProxyType(
    {"whiteout": whiteout, "opaque": opaque}
)


def _guess_type(table: Table) -> str:
    if "link" in table:
        return "symlink"
    return "dir" if table["path"].endswith("/") else "file"


def _typeflag(kind: str) -> bytes:
    if kind in TYPES:
        return TYPES[kind]
    if len(kind) != 1 or not kind.isascii():
        known = ", ".join((*TYPES, *_MARKERS))
        raise ValueError(f"unknown type {kind!r}; known: {known}, or one ASCII character")
    return kind.encode()


def _raw(value: str | Table) -> bytes:
    return value.encode() if isinstance(value, str) else content(value, {})


def _steps(pointer: str) -> list[str]:
    if not pointer.startswith("/"):
        raise ValueError(f"a JSON pointer begins with a slash: {pointer!r}")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _walk(document: Any, pointer: str) -> tuple[Any, str]:
    *steps, last = _steps(pointer)
    for step in steps:
        try:
            document = document[_key(document, step, pointer)]
        except LookupError as error:
            raise ValueError(f"{step!r} of {pointer!r} does not exist") from error
    return document, last


def _key(parent: Any, step: str, pointer: str) -> str | int:
    if isinstance(parent, dict):
        return step
    if isinstance(parent, list) and step.isdecimal() and int(step) < len(parent):
        return int(step)
    raise ValueError(f"{step!r} of {pointer!r} does not exist: its parent is {parent!r:.60}")


# --- edits of bytes


def _address(table: Table, size: int) -> int:
    at: int = table.get("at", 0)
    position = at + size if at < 0 else at
    if not 0 <= position <= size:
        raise ValueError(f"byte {at} is outside {size} bytes")
    return position


def _flip_at(data: bytes, position: int, mask: int) -> bytes:
    if position >= len(data):
        raise ValueError(f"byte {position} is outside {len(data)} bytes")
    return data[:position] + bytes((data[position] ^ mask,)) + data[position + 1 :]


def _document(data: bytes, change: Callable[[Any], Any]) -> bytes:
    return encode_json(change(json.loads(data)))


def _bytes_set(data: bytes, table: Table, names: Names) -> bytes:
    value = fill_json(table["value"], names)
    return _document(data, lambda document: set_pointer(document, table["pointer"], value))


def _bytes_null(data: bytes, table: Table, _names: Names) -> bytes:
    return _document(data, lambda document: set_pointer(document, table["pointer"], None))


def _bytes_unset(data: bytes, table: Table, _names: Names) -> bytes:
    return _document(data, lambda document: unset_pointer(document, table["pointer"]))


def _bytes_replace(_data: bytes, table: Table, names: Names) -> bytes:
    return content(table, names)


def _bytes_append(data: bytes, table: Table, names: Names) -> bytes:
    return data + content(table, names)


def _bytes_prepend(data: bytes, table: Table, names: Names) -> bytes:
    return content(table, names) + data


def _bytes_truncate(data: bytes, table: Table, _names: Names) -> bytes:
    return data[: _address(table, len(data))]


def _bytes_flip(data: bytes, table: Table, _names: Names) -> bytes:
    return _flip_at(data, _address(table, len(data)), table.get("mask", 1))


def _bytes_encode(data: bytes, table: Table, _names: Names) -> bytes:
    return data.decode().encode(table["encoding"])


def _bytes_substitute(data: bytes, table: Table, names: Names) -> bytes:
    old, new = (fill_known(table[key], names).encode() for key in ("old", "new"))
    if old not in data:
        raise ValueError(f"there is no text {table['old']!r}")
    return data.replace(old, new, 1)


def _bytes_compress(data: bytes, table: Table, _names: Names) -> bytes:
    return compress(data, table["kind"])


_CONTENT_AND_COMPRESS = CONTENT_KEYS | {"compress"}
_POINTER = frozenset({"pointer"})

BYTE_EDITS: Mapping[str, Operation] = MappingProxyType(
    {
        "set": Operation(_bytes_set, _POINTER | {"value"}, _POINTER | {"value"}),
        "null": Operation(_bytes_null, _POINTER, _POINTER, "pointer"),
        "unset": Operation(_bytes_unset, _POINTER, _POINTER, "pointer"),
        "replace": Operation(_bytes_replace, _CONTENT_AND_COMPRESS, short="text"),
        "append": Operation(_bytes_append, _CONTENT_AND_COMPRESS, short="text"),
        "prepend": Operation(_bytes_prepend, _CONTENT_AND_COMPRESS, short="text"),
        "truncate": Operation(_bytes_truncate, frozenset({"at"}), frozenset({"at"}), "at"),
        "flip": Operation(_bytes_flip, frozenset({"at", "mask"}), frozenset({"at"}), "at"),
        "compress": Operation(_bytes_compress, frozenset({"kind"}), frozenset({"kind"}), "kind"),
        "encode": Operation(
            _bytes_encode, frozenset({"encoding"}), frozenset({"encoding"}), "encoding"
        ),
        "substitute": Operation(
            _bytes_substitute, frozenset({"old", "new"}), frozenset({"old", "new"})
        ),
    }
)
"""Edits of a document or blob."""


# --- edits of members


def _position(draft: Draft, wanted: str | int) -> int:
    if draft.data is not None:
        raise ValueError("edits of members come before edits of bytes")
    if isinstance(wanted, int):
        if not -len(draft.members) <= wanted < len(draft.members):
            raise ValueError(f"there is no member {wanted}, only {len(draft.members)}")
        return wanted % len(draft.members)
    name = fill(wanted, draft.names)
    for position, member in enumerate(draft.members):
        if member.name == name:
            return position
    known = ", ".join(member.name for member in draft.members)
    raise ValueError(f"there is no member {name!r}; members: {known}")


def _swap(draft: Draft, position: int, *members: Member) -> Draft:
    kept = (*draft.members[:position], *members, *draft.members[position + 1 :])
    return replace(draft, members=kept)


def _insert(draft: Draft, table: Table, member: Member) -> Draft:
    if draft.data is not None:
        raise ValueError("edits of members come before edits of bytes")
    if "before" in table:
        position = _position(draft, table["before"])
    else:
        position = {"start": 0, "end": len(draft.members)}[_side(table)]
    kept = (*draft.members[:position], member, *draft.members[position:])
    return replace(draft, members=kept)


def _side(table: Table) -> str:
    side: str = table.get("at", "end")
    if side not in {"start", "end"}:
        raise ValueError(f"at is 'start' or 'end', not {side!r}; or give before = MEMBER")
    return side


def _remove(draft: Draft, table: Table) -> Draft:
    return _swap(draft, _position(draft, table["member"]))


def _add(draft: Draft, table: Table) -> Draft:
    return _insert(draft, table, member_from(table, draft.names))


def _move(draft: Draft, table: Table) -> Draft:
    position = _position(draft, table["member"])
    return _insert(_swap(draft, position), table, draft.members[position])


def _rename(draft: Draft, table: Table) -> Draft:
    position = _position(draft, table["member"])
    renamed = replace(draft.members[position], name=fill(table["to"], draft.names))
    return _swap(draft, position, renamed)


def _change(draft: Draft, table: Table) -> Draft:
    position = _position(draft, table["member"])
    return _swap(draft, position, with_fields(draft.members[position], table, draft.names))


def _raw_field(draft: Draft, table: Table) -> Draft:
    position = _position(draft, table["member"])
    member = draft.members[position]
    raw = {**member.raw, table["field"]: content(table, {})}
    return _swap(draft, position, replace(member, raw=raw))


def _in_member(name: str) -> Operation:
    """The operation that applies an edit of :data:`BYTE_EDITS` to the content of a member."""
    operation = BYTE_EDITS[name]

    def apply(draft: Draft, table: Table) -> Draft:
        position = _position(draft, table["member"])
        member = draft.members[position]
        data = operation.apply(member.content, table, draft.names)
        return _swap(draft, position, replace(member, content=data))

    return Operation(apply, operation.keys | {"member"}, operation.required | {"member"})


# --- edits of the written tar


def _place(draft: Draft, table: Table) -> int:
    data = draft.written()
    if "member" not in table:
        return _address(table, len(data))
    name = _place_name(draft, table["member"])
    places = draft.places()
    key = f"{table.get('from', 'header')}:{name}"
    if key not in places:
        raise ValueError(f"there is no place {key!r}; places are start:, header:, data:, end:")
    return _address({"at": places[key] + table.get("at", 0)}, len(data))


def _place_name(draft: Draft, wanted: str | int) -> str:
    return draft.members[_position(replace(draft, data=None), wanted)].name


def _with_data(draft: Draft, data: bytes) -> Draft:
    return replace(draft, data=data)


def _tar_truncate(draft: Draft, table: Table) -> Draft:
    return _with_data(draft, draft.written()[: _place(draft, table)])


def _tar_flip(draft: Draft, table: Table) -> Draft:
    data = _flip_at(draft.written(), _place(draft, table), table.get("mask", 1))
    return _with_data(draft, data)


def _tar_insert(draft: Draft, table: Table) -> Draft:
    data, place = draft.written(), _place(draft, table)
    return _with_data(draft, data[:place] + content(table, draft.names) + data[place:])


def _tar_append(draft: Draft, table: Table) -> Draft:
    return _with_data(draft, draft.written() + content(table, draft.names))


def _tar_compress(draft: Draft, table: Table) -> Draft:
    return _with_data(draft, compress(draft.written(), table["kind"]))


def _tar_damage(draft: Draft, table: Table) -> Draft:
    kind = table["kind"]
    if kind not in DAMAGES:
        raise ValueError(f"unknown damage {kind!r}; known: {', '.join(DAMAGES)}")
    return _with_data(draft, DAMAGES[kind](draft.written()))


def _tar_drop(draft: Draft, table: Table) -> Draft:
    return _with_data(draft, draft.written()[_place(draft, table) :])


def _tar_end_blocks(draft: Draft, table: Table) -> Draft:
    if draft.data is not None:
        raise ValueError("end_blocks comes before edits of bytes")
    return replace(draft, end_blocks=table["count"])


def _tar_pad(draft: Draft, table: Table) -> Draft:
    """Pad to a full record, as writers that block their output do."""
    data = draft.written()
    return _with_data(draft, data + bytes(-len(data) % (table["blocks"] * BLOCK)))


_MEMBER = frozenset({"member"})
_WHERE = frozenset({"at", "before"})

FOLDER_EDITS: Mapping[str, Operation] = MappingProxyType(
    {
        "remove": Operation(_remove, _MEMBER, _MEMBER, "member"),
        "add": Operation(_add, ENTRY_KEYS | _WHERE, frozenset({"path"})),
        "move": Operation(_move, _MEMBER | _WHERE, _MEMBER, "member"),
        "rename": Operation(_rename, _MEMBER | {"to"}, _MEMBER | {"to"}),
        "change": Operation(_change, _MEMBER | FIELD_KEYS, _MEMBER),
        "set": _in_member("set"),
        "null": _in_member("null"),
        "unset": _in_member("unset"),
        "replace": _in_member("replace"),
        "cut": _in_member("truncate"),
        "extend": _in_member("append"),
        "prepend": _in_member("prepend"),
        "encode": _in_member("encode"),
        "substitute": _in_member("substitute"),
    }
)
"""Edits of members, for tars and directories."""

TAR_EDITS: Mapping[str, Operation] = MappingProxyType(
    {
        **FOLDER_EDITS,
        "raw": Operation(_raw_field, _MEMBER | {"field"} | CONTENT_KEYS, _MEMBER | {"field"}),
        "end_blocks": Operation(
            _tar_end_blocks, frozenset({"count"}), frozenset({"count"}), "count"
        ),
        "truncate": Operation(_tar_truncate, PLACE_KEYS, short="at"),
        "drop": Operation(_tar_drop, PLACE_KEYS, short="at"),
        "damage": Operation(_tar_damage, frozenset({"kind"}), frozenset({"kind"}), "kind"),
        "flip": Operation(_tar_flip, PLACE_KEYS | {"mask"}, short="at"),
        "insert": Operation(_tar_insert, PLACE_KEYS | _CONTENT_AND_COMPRESS),
        "append": Operation(_tar_append, _CONTENT_AND_COMPRESS, short="text"),
        "pad": Operation(_tar_pad, frozenset({"blocks"}), frozenset({"blocks"}), "blocks"),
        "compress": Operation(_tar_compress, frozenset({"kind"}), frozenset({"kind"}), "kind"),
    }
)
"""Edits of a tar: of members first, then of bytes."""
