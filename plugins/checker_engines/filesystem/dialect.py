"""What differs between the forks and versions of ``pkg/archive``, which ``extractor`` follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from checker_engines.filesystem.tree import Tree


class Calls(NamedTuple):
    """What precedes the error of a system call, ``{path}`` and ``{target}`` being its paths.

    Empty for a call that the engine makes itself, and whose bare error it returns.
    """

    chtimes: str
    link: str
    lstat: str
    mkdir: str
    mknod: str
    open: str
    stat: str
    symlink: str


OS_CALLS = Calls(
    chtimes="chtimes {path}: ",
    link="link {target} {path}: ",
    lstat="lstat {path}: ",
    mkdir="mkdir {path}: ",
    mknod="mknod {path}: ",
    open="open {path}: ",
    stat="stat {path}: ",
    symlink="symlink {target} {path}: ",
)
"""Go's package os."""


class Confinement(NamedTuple):
    """What an extractor refuses because it leads out of the root, each a function or None.

    A function returns what the engine says; None if it has no objection.

    Attributes:
        name: Given the name of an entry, before anything is done.
        path: Given the cleaned name, once its parent directories were made.
        hard_link: Given the target of a hard link.
        symlink: Given the cleaned name and the target of a symlink.
    """

    name: Callable[[str], str | None] | None = None
    path: Callable[[str], str | None] | None = None
    hard_link: Callable[[str], str | None] | None = None
    symlink: Callable[[str, str], str | None] | None = None


CHROOT = Confinement()
"""Nothing is refused, since ``..`` of the root is the root."""


class Dialect(NamedTuple):
    """What differs between the forks and versions.

    Attributes:
        new_tree: Makes an empty tree to extract to.
        clean: Cleans the name of an entry.
        shown: How messages show a cleaned name.
        calls: How messages name system calls.
        confinement: What may not lead out of the root.
        followed: Where a symlink leads, given its target.
        root_replaced: What is said of an entry that is not a directory and would replace the root;
            None where entries of the root are skipped.
        root_removed: What is said of a whiteout that would remove the root.
        sets_attributes_of_root: Whether extended attributes of the root are set. All forks do where
            they do not skip its entries; for moby it is not followed.
        keeps_aufs_links: Whether hard links to files that aufs kept make copies of them. All forks
            do so; for containers-storage it is not followed.
        xattr: What is said of an extended attribute that the system refuses: a template with
            ``{path}``, ``{name}`` and ``{words}``.
        ignored_xattr_errors: Errors of extended attributes that the extraction goes on after.
    """

    new_tree: Callable[[], Tree]
    clean: Callable[[str], str]
    shown: Callable[[str], str]
    calls: Calls
    confinement: Confinement
    followed: Callable[[str], str]
    root_replaced: str | None
    root_removed: str
    sets_attributes_of_root: bool
    keeps_aufs_links: bool
    xattr: str
    ignored_xattr_errors: frozenset[str]
