"""The user that a container runs as, and its permissions.

Sources: moby/sys/user 0.4, GetExecUser, which Docker, containerd and Podman look users up with;
path_resolution(7), "Permissions".
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.model.entries import Entry
from checker.model.rootfs import Rootfs, RootfsEntry
from checker.model.untrusted import whole_number
from checker.patterns import pattern
from checker.records import NamedTuple
from checker.starting.accounts import GROUP, PASSWD, Line, read_accounts
from checker.starting.obstacle import Cause, Obstacle

_NUMBER = pattern(r"[+-]?[0-9]+")
_LARGEST_ID = 2**31 - 1
_USER_BITS, _GROUP_BITS = 6, 3
_EXECUTE, _READ = 1, 4
_ACL = "system.posix_acl_access"
_ERRORS = {
    PASSWD: "no matching entries in passwd file",
    GROUP: "no matching entries in group file",
}


class Identity(NamedTuple):
    """A user.

    Attributes:
        uid: Its ID.
        gids: The IDs of its groups.
    """

    uid: int
    gids: frozenset[int]

    @property
    def is_root(self) -> bool:
        """Whether permissions of files do not bind it, as runtimes keep CAP_DAC_OVERRIDE."""
        return self.uid == 0


ROOT = Identity(0, frozenset({0}))


class UnknownName(NamedTuple):
    """A user or group that is not found, or not looked up.

    Attributes:
        what: ``user`` or ``group``.
        name: Its name.
        path: The file that it is looked up in.
        found: That file, links followed; None if it does not exist.
    """

    what: str
    name: str
    path: str
    found: RootfsEntry | None

    @property
    def message(self) -> str:
        """What engines print."""
        return f"unable to find {self.what} {self.name}: {_ERRORS[self.path]}"


def _names(user: str) -> Iterator[tuple[str, str, str]]:
    name, _, group = user.partition(":")
    yield from (("user", name, PASSWD), ("group", group, GROUP))


def unknown_names(rootfs: Rootfs, user: str) -> Iterator[UnknownName]:
    """The user and group that engines surely do not find.

    Args:
        rootfs: The root with the account files.
        user: The user as in the config: ``user``, ``user:group``, names or numbers.
    """
    for what, name, path in _names(user):
        if not name or _NUMBER.fullmatch(name):
            continue
        accounts = read_accounts(rootfs, path)
        # A link may lead to a file that the runtime provides.
        dangles = accounts is None and rootfs.get(path) is not None and not rootfs.resolve(path)
        if accounts is None and not dangles:
            yield UnknownName(what, name, path, None)
        elif accounts is not None and accounts.names is not None and name not in accounts.names:
            yield UnknownName(what, name, path, accounts.placed)


def user_obstacles(rootfs: Rootfs, user: str) -> Iterator[Obstacle]:
    """Why the user or group of a config cannot be looked up, or whether they can is not known."""
    unknown = {each.what: each for each in unknown_names(rootfs, user)}
    for what, name, path in _names(user):
        if _NUMBER.fullmatch(name):
            yield from _number_obstacles(what, name)
        elif what in unknown:
            yield _name_obstacle(unknown[what])
        elif name and not _is_known(rootfs, path):
            reason = f"/{path} was not read, so that the {what} {name} cannot be looked up"
            yield Obstacle(Cause.USER, reason, "", is_certain=False, path=path)


def _is_known(rootfs: Rootfs, path: str) -> bool:
    accounts = read_accounts(rootfs, path)
    return accounts is not None and accounts.lines is not None


def _number_obstacles(what: str, number: str) -> Iterator[Obstacle]:
    value = whole_number(number.removeprefix("+"))
    if value is None or value > _LARGEST_ID:
        yield Obstacle(
            Cause.USER,
            f"the {what} {number} is out of range",
            f"uids and gids must be in range 0-{_LARGEST_ID}",
        )


def _name_obstacle(unknown: UnknownName) -> Obstacle:
    reason = f"the root has no /{unknown.path}"
    if unknown.found is not None:
        reason = f"/{unknown.found.path} does not define it"
    return Obstacle(Cause.USER, reason, unknown.message, path=unknown.path, found=unknown.found)


def find_identity(rootfs: Rootfs, user: str) -> Identity | None:
    """The IDs that a user of a config runs with.

    Returns:
        None if the account files do not determine them.
    """
    if not user:
        return ROOT
    name, _, group = user.partition(":")
    users, groups = _lines(rootfs, PASSWD, 4), _lines(rootfs, GROUP, 3)
    if users is None or groups is None:
        return None
    line = next((line for line in users if name in (line.name, line.fields[2])), None)
    uid = (line.fields[2] if line is not None else name) or "0"
    gids = _groups(line, group, groups)
    number, groups_of = whole_number(uid), frozenset(map(whole_number, gids))
    if number is None or None in groups_of:
        return None
    return Identity(number, frozenset(gid for gid in groups_of if gid is not None))


def may_execute(identity: Identity, entry: Entry) -> bool:
    """Whether a user may execute a file or enter a directory."""
    return identity.is_root or _may(identity, entry, _EXECUTE)


def may_read(identity: Identity, entry: Entry) -> bool:
    """Whether a user may read a file."""
    return identity.is_root or _may(identity, entry, _READ)


def _may(identity: Identity, entry: Entry, bit: int) -> bool:
    if _ACL in entry.xattrs:
        return True
    shift = 0
    if entry.uid == identity.uid:
        shift = _USER_BITS
    elif entry.gid in identity.gids:
        shift = _GROUP_BITS
    return bool(entry.mode >> shift & bit)


def closed_directory(rootfs: Rootfs, identity: Identity, path: str) -> RootfsEntry | None:
    """The first directory on the way to a path that a user may not enter."""
    if identity.is_root:
        return None
    for directory in rootfs.directories_on_the_way(path):
        found = rootfs.get(directory)
        if found is None or not found.entry.is_directory:
            continue
        if not may_execute(identity, found.entry):
            return found
    return None


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
