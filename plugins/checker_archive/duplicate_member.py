"""ARC008: a member that is there more than once."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.listing import first_few
from checker.model.archive import Archive, Kind
from checker.model.collisions import Collision, collisions
from checker.model.entries import DIRECTORY, GLOBAL_HEADER, Entries, clean_path
from checker.model.location import Location
from checker_archive._outer import folder_reason

_CONTROL_FILES = frozenset({"manifest.json", "index.json", "oci-layout", "repositories"})
_OF_OCI = frozenset({"index.json", "oci-layout"})
_FLAT = frozenset({Kind.ROOTFS, Kind.LAYER})
_SHOWN = 5


class DuplicateMember(Check):
    """A member is there more than once.

    What it means:
        Two members of the archive have the same place once `./`, doubled and trailing slashes are
        taken off their names. In an image archive it is an error for the files that say what the
        image is, and for configs, manifests and layers whose copies differ, else a warning;
        repeated directories are fine. In a root filesystem it is an error, for directories too.

    Why it matters:
        Readers disagree about which copy counts: Docker and containerd take the last one, Podman
        and skopeo the first one of a docker-archive, so two engines load different images from one
        file. In a root filesystem, `docker import` (unless it uses containerd's image store) and
        `podman import` refuse it: "duplicates of file paths not supported".

    How to fix it:
        Write the archive anew from a folder. `tar --append` and `zip`-like updates do not replace
        a member, they add another one.

    References:
        - vbatts/tar-split, tar/storage/packer.go: ErrDuplicatePath
        - containers/image, docker/internal/tarfile: the first match wins
        - containerd, core/images/archive/importer.go: the last one wins
    """

    id = "ARC008"
    name = "duplicate-member"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """A folder has each name once."""
        return folder_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the names that repeat another."""
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
            consequence = "Docker's classic store and Podman refuse to import that"
        else:
            consequence = "only the last one is left"
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
            consequence = "all of the same content"
            severity = Severity.WARNING
        else:
            consequence = f"with different content, and {_disagreement(collision.path)}"
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
            lambda i: (
                f"byte {entries.offsets[i]} as {entries.name(i) or 'a member without a name'}"
            ),
        )
        return self.finding(
            archive,
            f"{collision.path or 'the root'} is there {len(positions)} times, at {places}; "
            f"{consequence}",
            at={"member": entries.name(positions[1]), "offset": entries.offsets[positions[1]]},
            related=[
                Location(archive=archive.path, member=entries.name(i), offset=entries.offsets[i])
                for i in (positions[0], *positions[2:_SHOWN])
            ],
            severity=severity,
        )


def _disagreement(path: str) -> str:
    """Who takes which of several copies."""
    if path in _OF_OCI or path.startswith("blobs/"):
        return (
            "readers disagree which one counts: those that extract the archive and containerd take "
            "the last one, those that look for a name the first"
        )
    return (
        "engines disagree which one counts: Docker and containerd take the last one, the "
        "docker-archive readers of Podman and skopeo the first"
    )


def _used_paths(archive: Archive) -> frozenset[str]:
    """The members that manifest.json refers to."""
    items = () if archive.docker is None else archive.docker.items
    paths = (path for item in items for path in (item.config, *item.layers))
    return frozenset(clean_path(path) for path in paths if path)


def _is_harmless(entries: Entries, collision: Collision) -> bool:
    """Whether at most one of them is a file: directories are merged, global headers are no files.

    A file in the place of a directory is not harmless.
    """
    kinds = {chr(entries.kinds[i]) for i in collision.positions}
    if kinds <= {DIRECTORY, GLOBAL_HEADER}:
        return True
    return sum(entries.kinds[i] != ord(GLOBAL_HEADER) for i in collision.positions) == 1


def _copies(archive: Archive, collision: Collision) -> int:
    """How many different contents there are; what was not read counts as different."""
    entries = archive.entries
    contents: set[object] = set()
    for i in collision.positions:
        blob = archive.members.blobs.get(i)
        content = blob.digest if blob is not None and blob.whole else entries.linknames.get(i, i)
        contents.add((entries.kinds[i], content))
    return len(contents)


def _spelled(entries: Entries, position: int) -> str:
    """Where an entry stands, and how its name is written there."""
    return (
        f"byte {entries.offsets[position]} as {entries.name(position) or 'a member without a name'}"
    )
