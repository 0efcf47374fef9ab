"""What Linux says of the extended attributes of an entry, set by root (fs/xattr.c, setxattr(2)).

Engines set each attribute of an entry after creating it, and go on after some of the errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from checker.model.entries import DIRECTORY, HARD_LINK, REGULAR, SYMLINK, Entries
from checker.model.untrusted import utf8
from checker.records import NamedTuple

INVALID = "invalid argument"
NOT_PERMITTED = "operation not permitted"
NOT_SUPPORTED = "operation not supported"
OUT_OF_RANGE = "numerical result out of range"
TOO_LARGE = "argument list too long"
DENIED = "permission denied"

# XATTR_NAME_MAX and XATTR_SIZE_MAX (linux/limits.h).
_NAME_BYTES = 255
_VALUE_BYTES = 65_536

_CAPABILITY = "security.capability"
# Size in bytes of a capability by its revision (linux/capability.h, VFS_CAP_REVISION).
_CAPABILITY_SIZES = {2: 20, 3: 24}
# Of `system.`, filesystems that store layers have the access control lists alone (acl(5)).
_DEFAULT_LIST = "system.posix_acl_default"
_LISTS = frozenset({"system.posix_acl_access", _DEFAULT_LIST})
# Version, and bytes after which entries of eight bytes follow (linux/posix_acl_xattr.h).
_LIST_VERSION, _LIST_HEADER, _LIST_ENTRY = 2, 4, 8
# The reader keeps no more of a value.
_KEPT = 256
_PREFIXES = ("user.", "trusted.", "security.")
_NAMESPACES = (*_PREFIXES, *_LISTS)
_USER_KINDS = frozenset({REGULAR, DIRECTORY, HARD_LINK})


class XattrError(NamedTuple):
    """An attribute that cannot be set: its name, and the system's words."""

    name: str
    words: str


def xattr_errors(entries: Entries, position: int) -> Iterator[XattrError]:
    """The attributes of an entry that cannot be set."""
    values = entries.xattrs.get(position, {})
    sizes = entries.xattr_sizes.get(position, {})
    return errors_of(chr(entries.kinds[position]), values, sizes)


def errors_of(
    kind: str, values: Mapping[str, bytes], sizes: Mapping[str, int]
) -> Iterator[XattrError]:
    """The attributes that cannot be set.

    Args:
        kind: Type flag of the entry.
        values: Its attributes; of long values, the first bytes.
        sizes: Bytes of the values that are long.
    """
    for name, value in values.items():
        words = _words(kind, name, value, sizes.get(name, len(value)))
        if words is not None:
            yield XattrError(name, words)


def namespace_xattr_errors(entries: Entries, position: int) -> Iterator[XattrError]:
    """The attributes of an entry that root of a user namespace cannot set.

    These are also ``trusted.*``, and ``security.*`` except capabilities (fs/xattr.c,
    xattr_permission; security/commoncap.c, cap_inode_setxattr).
    """
    for each in user_xattr_errors(entries, position):
        if each.name != _CAPABILITY or each.words != NOT_PERMITTED:
            yield each


def user_xattr_errors(entries: Entries, position: int) -> Iterator[XattrError]:
    """The attributes of an entry that a user without privileges cannot set.

    These are also ``trusted.*`` and ``security.*``.
    """
    refused = dict(xattr_errors(entries, position))
    for name in entries.xattrs.get(position, {}):
        is_privileged = name.startswith(("trusted.", "security."))
        words = refused.get(name) or (NOT_PERMITTED if is_privileged else None)
        if words is not None:
            yield XattrError(name, words)


def _words(kind: str, name: str, value: bytes, size: int) -> str | None:
    """The error, in the order of Linux's checks: name, size, permission, handler, value."""
    if not 0 < len(utf8(name)) <= _NAME_BYTES:
        return OUT_OF_RANGE
    if size > _VALUE_BYTES:
        return TOO_LARGE
    if name.startswith("user.") and kind not in _USER_KINDS:
        return NOT_PERMITTED
    if not name.startswith(_NAMESPACES) or (name in _LISTS and kind == SYMLINK):
        return NOT_SUPPORTED
    if name in _LISTS and value and _is_of_other_version(value):
        return NOT_SUPPORTED
    is_sound = _IS_VALID.get(name)
    if name in _PREFIXES or (is_sound is not None and not is_sound(value)):
        return INVALID
    # A list without entries removes the list.
    if name == _DEFAULT_LIST and kind != DIRECTORY and size > _LIST_HEADER:
        return DENIED
    return None


def is_capability(value: bytes) -> bool:
    """Whether its header fits its size; the lowest bit says whether it is effective."""
    magic = int.from_bytes(value[:4], "little") & ~1
    return magic & 0xFFFFFF == 0 and _CAPABILITY_SIZES.get(magic >> 24) == len(value)


def _is_of_other_version(value: bytes) -> bool:
    """Whether it begins with the version of a list that Linux does not know."""
    version = int.from_bytes(value[:_LIST_HEADER], "little")
    return len(value) >= _LIST_HEADER and version != _LIST_VERSION


def _is_list(value: bytes) -> bool:
    """Whether whole entries follow the header of an access control list."""
    return len(value) >= _KEPT or len(value) % _LIST_ENTRY == _LIST_HEADER


def _may_be_capability(value: bytes) -> bool:
    """Whether it is a capability; without bytes it is not looked at (vfs_setxattr)."""
    return not value or is_capability(value)


_IS_VALID = MappingProxyType({_CAPABILITY: _may_be_capability, **dict.fromkeys(_LISTS, _is_list)})
