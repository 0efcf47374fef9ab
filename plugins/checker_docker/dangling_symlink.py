"""DKR018: a symbolic link without a target in an archive that containerd reads completely."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.entries import SYMLINK, clean_path, climbs_out
from checker_docker.manifest_json import CONTAINERD, damage_reason, what_is_at
from checker_docker.scopes import NO_HYBRIDS


class DanglingSymlink(Check):
    """The target of a symbolic link does not exist.

    What it means:
        A member of a `docker save` archive is a symbolic link whose target is not a file in the
        archive. This includes links that `manifest.json` does not reference.

    Why it matters:
        containerd, and Docker with the containerd image store, treat each symbolic link of such an
        archive as a link to a layer and reject the archive: "no target for symlink layer". Docker's
        classic store, Podman and skopeo ignore links that they do not need.

    How to fix it:
        Delete the link with `tar --delete -f FILE NAME`, or add its target.

    References:
        - containerd, core/images/archive/importer.go; containerd issue 12890
        - Docker, image/tarexport/save.go: repeated layers are links
    """

    id = "DKR018"
    name = "dangling-symlink"
    severity = Severity.ERROR
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if there is an OCI layout, where containerd ignores links."""
        return NO_HYBRIDS.skip_reason(archive) or damage_reason(archive)

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
                f"{name} at byte {offset} is a symbolic link to {target or 'an empty path'}, which "
                f"does not exist; {CONTAINERD} reject the archive",
                at={"member": name, "offset": offset},
            )


def _listed(archive: Archive) -> frozenset[str]:
    """The paths in manifest.json: missing ones are reported by other rules."""
    items = () if archive.docker is None else archive.docker.items
    paths = (path for item in items for path in (item.config, *item.layers))
    return frozenset(clean_path(path) for path in paths if path)


def _leads_out(path: str, target: str) -> bool:
    """Whether a link points outside of the archive, which is reported by another rule."""
    directory = path.rpartition("/")[0]
    return target.startswith("/") or climbs_out(f"{directory}/{target}")
