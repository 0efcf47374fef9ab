"""ARC008: a member that appears more than once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from checker import Archive, Entries, Finding, Kind, Location, Severity
from checker.checks.listing import first_few
from checker.model.collisions import Collision, collisions
from checker.model.entries import DIRECTORY, GLOBAL_HEADER, clean_path
from checker_archive.outer_tar import TarCheck

_CONTROL_FILES = frozenset({"manifest.json", "index.json", "oci-layout", "repositories"})
_OF_OCI = frozenset({"index.json", "oci-layout"})
_FLAT = frozenset({Kind.ROOTFS, Kind.LAYER})
_SHOWN = 5


class DuplicateMember(TarCheck):
    """A member appears more than once.

    What it means:
        Two members of the archive have the same path after `./`, doubled and trailing slashes are
        removed from their names. In an image archive this is an error for the files that describe
        the image, and for configs, manifests and layers whose copies differ; otherwise it is a
        warning, and repeated directories are not reported. In a root filesystem it is an error,
        also for directories.

    Why it matters:
        Readers disagree about which copy counts: Docker and containerd use the last one, the
        docker-archive readers of Podman and skopeo use the first one, so two engines load different
        images from one file. For a root filesystem, `docker import` (classic store) and `podman
        import` fail: "duplicates of file paths not supported".

    How to fix it:
        Create the archive again from a directory. `tar --append` does not replace a member, it adds
        another one:

            tar --append -f image.tar manifest.json    # a second manifest.json

    References:
        - vbatts/tar-split, tar/storage/packer.go: ErrDuplicatePath
        - containers/image, docker/internal/tarfile: the first match wins
        - containerd, core/images/archive/importer.go: the last one wins
    """

    id = "ARC008"
    name = "duplicate-member"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for repeated paths."""
        found = collisions(archive.entries)
        if archive.kind in _FLAT:
            yield from (self._in_root(archive, collision) for collision in found)
            return
        used = _used_paths(archive)
        for collision in found:
            if not _is_harmless(archive.entries, collision):
                yield self._in_image(archive, collision, used)

    def _in_root(self, archive: Archive, collision: Collision) -> Finding:
        if collision.refused:
            consequence = "Docker's classic store and Podman refuse to import the archive"
        else:
            consequence = "extraction keeps only the last one"
        return self._report(
            archive,
            collision,
            consequence,
            Severity.ERROR if collision.refused else Severity.WARNING,
        )

    def _in_image(self, archive: Archive, collision: Collision, used: frozenset[str]) -> Finding:
        if collision.path in _CONTROL_FILES:
            consequence = _disagreement(collision.path)
            severity = Severity.ERROR
        elif _copies(archive, collision) == 1:
            consequence = "all copies have the same content"
            severity = Severity.WARNING
        else:
            consequence = f"the copies differ, and {_disagreement(collision.path)}"
            matters = collision.path in used or collision.path.startswith("blobs/")
            severity = Severity.ERROR if matters else Severity.WARNING
        return self._report(archive, collision, consequence, severity)

    def _report(
        self, archive: Archive, collision: Collision, consequence: str, severity: Severity
    ) -> Finding:
        entries = archive.entries
        positions = collision.positions
        places = first_few(
            positions,
            _SHOWN,
            partial(_place, entries),
        )
        return self.finding(
            archive,
            f"{collision.path or 'the root'} appears {len(positions)} times, at {places}; "
            f"{consequence}",
            at={"member": entries.name(positions[1]), "offset": entries.offsets[positions[1]]},
            related=[
                Location(archive=archive.path, member=entries.name(i), offset=entries.offsets[i])
                for i in (positions[0], *positions[2:_SHOWN])
            ],
            severity=severity,
        )


def _disagreement(path: str) -> str:
    """Which engine uses which copy."""
    if path in _OF_OCI or path.startswith("blobs/"):
        return (
            "readers disagree which one counts: containerd and readers that extract the archive "
            "use the last one, readers that look up a name use the first one"
        )
    return (
        "engines disagree which one counts: Docker and containerd use the last one, the "
        "docker-archive readers of Podman and skopeo use the first one"
    )


def _used_paths(archive: Archive) -> frozenset[str]:
    """The members that manifest.json refers to."""
    items = () if archive.docker is None else archive.docker.items
    paths = (path for item in items for path in (item.config, *item.layers))
    return frozenset(clean_path(path) for path in paths if path)


def _is_harmless(entries: Entries, collision: Collision) -> bool:
    """Whether at most one is a file: directories are merged, global headers are not extracted.

    A file at the path of a directory is not harmless.
    """
    kinds = {chr(entries.kinds[i]) for i in collision.positions}
    if kinds <= {DIRECTORY, GLOBAL_HEADER}:
        return True
    return sum(entries.kinds[i] != ord(GLOBAL_HEADER) for i in collision.positions) == 1


def _copies(archive: Archive, collision: Collision) -> int:
    """The number of different contents; a member that was not read counts as different."""
    entries = archive.entries
    contents: set[object] = set()
    for i in collision.positions:
        blob = archive.members.blobs.get(i)
        content = blob.digest if blob is not None and blob.whole else entries.linknames.get(i, i)
        contents.add((entries.kinds[i], content))
    return len(contents)


def _place(entries: Entries, position: int) -> str:
    """The offset of an entry, and the spelling of its name there."""
    name = entries.name(position) or "a member without a name"
    return f"byte {entries.offsets[position]} as {name}"
