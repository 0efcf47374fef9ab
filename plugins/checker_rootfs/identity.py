"""The user that an image runs as, and its permissions.

Sources: moby/sys/user, GetExecUser; path_resolution(7), "Permissions".
"""

from __future__ import annotations

from typing import NamedTuple

from checker import Config, Entry, Rootfs, RootfsEntry
from checker.model.untrusted import whole_number
from checker_rootfs.accounts import GROUP, PASSWD, Line, read_accounts

_USER_BITS, _GROUP_BITS = 6, 3
_EXECUTE, _READ = 1, 4
_ACL = "system.posix_acl_access"


class Identity(NamedTuple):
    """A user other than root.

    Attributes:
        uid: Its ID.
        gids: The IDs of its groups.
    """

    uid: int
    gids: frozenset[int]


def find_identity(rootfs: Rootfs, config: Config) -> Identity | None:
    """The user that an image runs as.

    Returns:
        None for root, and if the account files do not determine the IDs.
    """
    value = config.settings.get("User")
    if not isinstance(value, str) or not value:
        return None
    user, _, group = value.partition(":")
    users, groups = _lines(rootfs, PASSWD, 4), _lines(rootfs, GROUP, 3)
    if users is None or groups is None:
        return None
    line = next((line for line in users if user in (line.name, line.fields[2])), None)
    uid = line.fields[2] if line is not None else user
    gids = _groups(line, group, groups)
    number, groups_of = whole_number(uid), frozenset(map(whole_number, gids))
    if not number or None in groups_of:
        return None
    return Identity(number, frozenset(gid for gid in groups_of if gid is not None))


def may_execute(identity: Identity, entry: Entry) -> bool:
    """Whether a user may execute a file or enter a directory."""
    return _may(identity, entry, _EXECUTE)


def may_read(identity: Identity, entry: Entry) -> bool:
    """Whether a user may read a file."""
    return _may(identity, entry, _READ)


def _may(identity: Identity, entry: Entry, bit: int) -> bool:
    if _ACL in entry.xattrs:
        return True
    shift = 0
    if entry.uid == identity.uid:
        shift = _USER_BITS
    elif entry.gid in identity.gids:
        shift = _GROUP_BITS
    return bool(entry.mode >> shift & bit)


def obstacle(rootfs: Rootfs, identity: Identity, placed: RootfsEntry) -> RootfsEntry | None:
    """What prevents a user from executing a file: the file itself, or a parent directory."""
    parts = placed.entry.path.split("/")
    for count in range(len(parts)):
        directory = rootfs.get("/".join(parts[:count]))
        is_directory = directory is not None and directory.entry.is_directory
        if directory is not None and is_directory and not may_execute(identity, directory.entry):
            return directory
    return None if may_execute(identity, placed.entry) else placed


def _lines(rootfs: Rootfs, path: str, fewest: int) -> list[Line] | None:
    """The lines of an account file; None if they are not known."""
    accounts = read_accounts(rootfs, path)
    if accounts is None:
        return None if path in rootfs else []
    if accounts.lines is None:
        return None
    return [line for line in accounts.lines if len(line.fields) >= fewest]


def _groups(user: Line | None, group: str, groups: list[Line]) -> list[str]:
    """The IDs of the groups of a user, as written in the files."""
    if group:
        named = next((line.fields[2] for line in groups if line.name == group), group)
        return [named]
    if user is None:
        return ["0"]
    members = (line for line in groups if user.name in line.fields[-1].split(","))
    return [user.fields[3], *(line.fields[2] for line in members)]
