"""RFS011: a root whose /bin, /sbin and /lib are only partly merged into /usr."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Layer, Rootfs, RootfsEntry, Severity
from checker.model.entries import WHITEOUT_PREFIX
from checker_rootfs.directories import MERGED
from checker_rootfs.places import is_windows, name_of, place_of, shown


class HalfMergedUsr(Check):
    """Of /bin, /sbin and /lib some are links into /usr, and others are directories.

    What it means:
        Distributions with a merged /usr have links in place of the old directories: ``bin ->
        usr/bin``. A layer with a directory at a path where a lower layer has such a link is a
        warning: the directory replaces the link, and files in usr/bin are no longer found in /bin.
        A root that mixes links and directories from the start is a note. A layer with files in
        /bin, but without an entry for /bin, is reported by path-through-non-directory.

    Why it matters:
        After such a layer /bin/sh, the loader in /lib or /lib64 and many other files are missing,
        although they still exist in /usr: containers fail to start with "no such file or
        directory". Package managers refuse to work on a root that is partly merged.

    How to fix it:
        Put the files into usr/bin, usr/lib and so on in the layer that adds the directory. ``COPY
        --link``, ``ADD archive.tar /`` and tools that write layers themselves do not follow the
        links of the lower layers; a plain COPY does.

            before:  COPY --link tool /bin/tool
            after:   COPY --link tool /usr/bin/tool

    References:
        - OCI image-spec 1.1, layer.md, "Applying Changesets"
        - Filesystem Hierarchy Standard 3.0, "3.4 /bin"; file-hierarchy(7)
    """

    id = "RFS011"
    name = "half-merged-usr"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the directories that may be links, and what they were in lower layers."""
        if is_windows(rootfs):
            return
        replaced = {name: _replaced_link(rootfs, name) for name in MERGED}
        for name, link in replaced.items():
            directory = rootfs.get(name)
            if link is not None and directory is not None:
                yield self._report_replaced(directory.layer, name, link)
        if not any(replaced.values()):
            yield from self._check_mixture(rootfs)

    def _report_replaced(self, layer: Layer, name: str, link: RootfsEntry) -> Finding:
        return self.finding(
            layer,
            f"{layer.label} has a directory {name}, which replaces the link {name} -> "
            f"{link.entry.linkname} of layer {link.layer.position}: files in "
            f"{link.entry.linkname} are no longer found in {name}",
            at={"path": name},
            related=(link.layer.location._replace(path=name, offset=link.entry.offset),),
        )

    def _check_mixture(self, rootfs: Rootfs) -> Iterator[Finding]:
        here = [placed for name in MERGED[:3] if (placed := rootfs.get(name)) is not None]
        links = [placed for placed in here if _leads_to_usr(placed)]
        directories = [placed for placed in here if placed.entry.is_directory]
        if not links or not directories:
            return
        placed = directories[0]
        names = " and ".join(one.entry.path for one in directories)
        yield self.finding(
            placed.layer,
            f"{name_of(rootfs)} has {shown(rootfs, links[0])} as a link to "
            f"{links[0].entry.linkname}, but {names} as "
            + ("a directory" if len(directories) == 1 else "directories"),
            at=place_of(rootfs, placed.entry),
            severity=Severity.NOTE,
        )


def _leads_to_usr(placed: RootfsEntry) -> bool:
    entry = placed.entry
    return entry.is_symlink and entry.linkname.lstrip("/").startswith("usr/")


def _replaced_link(rootfs: Rootfs, name: str) -> RootfsEntry | None:
    """The link into /usr of a lower layer that a directory above it hides; None without one."""
    visible = rootfs.get(name)
    if visible is None or not visible.entry.is_directory:
        return None
    for layer in reversed(rootfs.layers):
        entry = layer.entries.get(name)
        if entry is not None and not entry.is_directory:
            placed = RootfsEntry(layer, entry.position)
            return placed if _leads_to_usr(placed) else None
        if f"{WHITEOUT_PREFIX}{name}" in layer.entries.whiteouts:
            return None
    return None
