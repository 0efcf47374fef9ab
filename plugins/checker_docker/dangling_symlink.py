"""DKR018: a symbolic link to nothing in an archive that containerd reads whole."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Kind, Severity
from checker.model.entries import SYMLINK, clean_path, climbs_out
from checker_docker.manifest_json import damage_reason, what_is_at


class DanglingSymlink(Check):
    """A symbolic link leads to no file.

    What it means:
        A member of a `docker save` archive is a symbolic link whose target is no file of the
        archive. It need not be a link that `manifest.json` refers to.

    Why it matters:
        containerd, and Docker with its store, take each symbolic link of such an archive for one to
        a layer and refuse the archive: "no target for symlink layer". Docker's classic store,
        Podman and skopeo pass over links that they do not need.

    How to fix it:
        Delete the link: `tar --delete -f FILE NAME`, or put its target in.

    References:
        - containerd, core/images/archive/importer.go; its issue 12890
        - Docker, image/tarexport/save.go: layers that repeat are links
    """

    id = "DKR018"
    name = "dangling-symlink"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """With an OCI layout, containerd does not look at links."""
        if archive.kind is not Kind.DOCKER_ARCHIVE:
            return "the archive is no Docker archive without an OCI layout"
        return damage_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Follow the links."""
        entries = archive.entries
        listed = _listed(archive)
        for position in entries.of_kind(SYMLINK):
            path, target = entries.paths[position], entries.linknames.get(position, "")
            if path in listed or _leads_out(path, target) or what_is_at(archive, path) is None:
                continue
            name, offset = entries.name(position), entries.offsets[position]
            yield self.finding(
                archive,
                f"{name} at byte {offset} is a symbolic link to {target or 'nothing'}, where no "
                "file is; containerd and Docker with its store refuse the archive for it",
                at={"member": name, "offset": offset},
            )


def _listed(archive: Archive) -> frozenset[str]:
    """What manifest.json refers to: that is missing, and another rule's."""
    items = () if archive.docker is None else archive.docker.items
    paths = (path for item in items for path in (item.config, *item.layers))
    return frozenset(clean_path(path) for path in paths if path)


def _leads_out(path: str, target: str) -> bool:
    """Whether a link leads out of the archive, which is another rule's too."""
    folder = path.rpartition("/")[0]
    return target.startswith("/") or climbs_out(f"{folder}/{target}")
