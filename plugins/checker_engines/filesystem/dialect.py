"""The differences between the forks and versions of ``pkg/archive``, as data.

Each dialect names its source: ``moby/archive.py`` and ``containers/storage_archive.py``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from checker.records import NamedTuple
from checker_engines.filesystem.privileges import ROOT, Privileges
from checker_engines.filesystem.tree import Tree


class Calls(NamedTuple):
    """The text before the error of each system call, with its ``{path}`` and ``{target}``.

    It is empty for a call whose bare error the engine returns. ``mknod_parent`` is for opening the
    directory that a device node is created in; None if it is not opened.
    """

    chtimes: str
    lchown: str
    link: str
    lstat: str
    mkdir: str
    mknod: str
    mknod_parent: str | None
    open: str
    open_to_remove: str
    remove: str
    stat: str
    symlink: str


OS_CALLS = Calls(
    chtimes="chtimes {path}: ",
    lchown="lchown {path}: ",
    link="link {target} {path}: ",
    lstat="lstat {path}: ",
    mkdir="mkdir {path}: ",
    mknod="mknod {path}: ",
    mknod_parent=None,
    open="open {path}: ",
    open_to_remove="open {path}: ",
    remove="unlinkat {path}: ",
    stat="stat {path}: ",
    symlink="symlink {target} {path}: ",
)
"""Go's package os."""


class Confinement(NamedTuple):
    """The checks that nothing leaves the root; None for a check that the engine does not make.

    Each returns the error of the engine, or None.

    Attributes:
        name: Checks the name of an entry, before anything is done.
        path: Checks the cleaned name, after its parent directories were created.
        hard_link: Checks the target of a hard link.
        symlink: Checks the cleaned name and the target of a symlink.
    """

    name: Callable[[str], str | None] | None = None
    path: Callable[[str], str | None] | None = None
    hard_link: Callable[[str], str | None] | None = None
    symlink: Callable[[str, str], str | None] | None = None


CHROOT = Confinement()
"""Nothing is checked, since ``..`` of the root is the root."""


def clean_name(name: str) -> str:
    """A name cleaned by Go's ``filepath.Clean``, which keeps a leading slash and leading ``..``."""
    return posixpath.normpath(name or ".")


class Dialect(NamedTuple):
    """One fork and version.

    Attributes:
        new_tree: Creates an empty tree to extract to.
        clean: Cleans the name of an entry.
        shown: Returns a cleaned name as messages show it.
        calls: The errors of system calls.
        confinement: The checks that nothing leaves the root.
        resolved: Returns the path that a symlink resolves to, given its target.
        root_replaced: The error for an entry that is not a directory and would replace the root;
            None if entries of the root are skipped.
        removes_root: Whether such an entry replaces the root instead, which is a directory of the
            host.
        root_removed: The error for a whiteout that would remove the root.
        xattr: The error for an extended attribute that the system refuses: a template with
            ``{path}``, ``{name}`` and ``{words}``.
        ignored_xattr_errors: Errors of extended attributes after which the extraction continues.
        no_aufs_link: The error for a hard link to a file that aufs did not keep.
        above_removed: The error for a whiteout that would remove what is above the root, if it is
            not that for the root.
        resolve: Returns the path that an entry is extracted to, given its cleaned path, or raises
            a ``TreeError`` with all words; None if it is that path.
        xattrs_follow_links: Whether attributes of a symlink are set on what it resolves to.
        skips_global_headers: Whether extracting an archive ignores global headers, which otherwise
            need parent directories and remove what is at their path.
        privileges: What the extracting process may do.
        sets_empty_xattrs: Whether attributes with an empty value are set: the PAX records have
            them, the ``Xattrs`` of Go's archive/tar do not.
        device: Returns the error for a device number, given the name of the entry; None if numbers
            are not checked.
    """

    new_tree: Callable[[], Tree]
    clean: Callable[[str], str]
    shown: Callable[[str], str]
    calls: Calls
    confinement: Confinement
    resolved: Callable[[str], str]
    root_replaced: str | None
    root_removed: str
    xattr: str
    ignored_xattr_errors: frozenset[str]
    no_aufs_link: str = "invalid aufs hardlink"
    above_removed: str | None = None
    resolve: Callable[[Tree, str], str] | None = None
    device: Callable[[str, tuple[int, int]], str | None] | None = None
    xattrs_follow_links: bool = False
    skips_global_headers: bool = True
    privileges: Privileges = ROOT
    sets_empty_xattrs: bool = False
    removes_root: bool = False
