"""DKR008: a path in manifest.json that only some engines find."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import partial

from checker import Archive, Entry, Finding, Kind, Severity
from checker.model.entries import clean_path, climbs_out
from checker.model.names import MANIFEST_JSON
from checker_docker.manifest_json import CONTAINERD, Item, ManifestJsonCheck, items_of, what_is_at

_SCANNERS = "Podman and skopeo"


class UnportablePath(ManifestJsonCheck):
    """manifest.json, or a path in it, is found by some engines and not by others.

    What it means:
        `Config` and `Layers` should be the exact names of members, and these members regular files.
        Here a path is absolute, leads above the root of the archive, contains `./`, `..` or doubled
        slashes, or leads through a symbolic or hard link; or `manifest.json` is a link itself. Two
        cases are notes: a config that is a symbolic link, and a layer that is a symbolic link to a
        file that `manifest.json` also lists. Older Docker versions saved layers that two images
        share like that.

    Why it matters:
        Docker's classic store extracts the archive and follows paths and links. containerd compares
        the text of the path with the names and ignores hard links. Podman and skopeo find files by
        name, read a hard link as an empty file, and a symbolic link to a layer as an empty one:
        "blob size mismatch". The message says which engines fail.

    How to fix it:
        Use the name of the file itself in `manifest.json`, as listed by `tar -tf`, without `./`:

            "Layers": ["./layers/../base.tar"]
            "Layers": ["base.tar"]

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - containerd, core/images/archive/importer.go: exact names
        - containers/image, docker/internal/tarfile/reader.go; issue 2963 on links to layers
    """

    id = "DKR008"
    name = "unportable-path"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at manifest.json itself, then at the paths in it."""
        yield from self._manifest(archive)
        layer_link = partial(_symlinked_layer, archive, _listed(archive))
        for item in items_of(archive):
            if item.item.config:
                for problem in _problems(archive, item.item.config, _config_link):
                    yield self._report(item, item.item.config, item.pointer("Config"), problem)
            seen: set[str] = set()
            for i, path in enumerate(item.array("Layers") or ()):
                if not isinstance(path, str) or not path or path in seen:
                    continue
                seen.add(path)
                for problem in _problems(archive, path, layer_link):
                    yield self._report(item, path, f"{item.pointer('Layers')}/{i}", problem)

    def _manifest(self, archive: Archive) -> Iterator[Finding]:
        entry = archive.entries.get(MANIFEST_JSON)
        if entry is None or not (entry.is_symlink or entry.is_hard_link) or _leads_out(entry):
            return
        engines = CONTAINERD
        if entry.is_hard_link:
            engines = f"{_SCANNERS}, {CONTAINERD}"
        yield self.finding(
            archive,
            f"{MANIFEST_JSON} is a {entry.kind_name} to {entry.linkname}; {engines} do not read it",
            at={"member": entry.name, "offset": entry.offset},
            severity=_where_both(archive, Severity.NOTE),
        )

    def _report(
        self, item: Item, path: str, pointer: str, problem: tuple[str, Severity]
    ) -> Finding:
        return self.finding(
            item.item,
            f"{item.label}: the path {path} {problem[0]}",
            at={"pointer": pointer},
            severity=problem[1],
        )


def _leads_out(entry: Entry) -> bool:
    """Whether a link at the top level points outside of the archive, which ARC009 reports."""
    target = entry.linkname
    return climbs_out(target) or (entry.is_symlink and target.startswith("/"))


def _where_both(archive: Archive, severity: Severity) -> Severity:
    """A lower severity if engines can read an OCI layout instead."""
    return severity if archive.kind is Kind.DOCKER_OCI_ARCHIVE else Severity.ERROR


def _listed(archive: Archive) -> frozenset[int]:
    """Positions of the regular files that manifest.json lists as layers."""
    paths = {path for item in items_of(archive) for path in item.item.layers}
    found = (archive.entries.by_path.get(clean_path(path)) for path in paths)
    return frozenset(
        position for position in found if position is not None and archive.entries[position].is_file
    )


def _config_link(entry: Entry) -> tuple[str, Severity]:
    """What is wrong with a config that is a symbolic link."""
    words = f"is a symbolic link to {entry.linkname}; engines follow it, other tools may not"
    return (words, Severity.NOTE)


def _problems(
    archive: Archive, path: str, of_symlink: Callable[[Entry], tuple[str, Severity]]
) -> Iterator[tuple[str, Severity]]:
    """What is wrong with a path: its text, and the member that it leads to."""
    yield from _spelling_problems(archive, path)
    entry = archive.entries.get(clean_path(path))
    if what_is_at(archive, path) is not None:
        return
    if entry is None:
        yield _through_directory(archive)
    elif entry.is_hard_link:
        yield _hard_link(archive, entry)
    elif entry.is_symlink:
        yield of_symlink(entry)


def _spelling_problems(archive: Archive, path: str) -> Iterator[tuple[str, Severity]]:
    """What is wrong with the text of a path that leads to a file, or outside of the archive."""
    is_hybrid = archive.kind is Kind.DOCKER_OCI_ARCHIVE
    if climbs_out(path):
        words = "leads above the root of the archive; all engines reject it"
        yield (words, Severity.ERROR)
    elif path.startswith("/") and what_is_at(archive, path) is None:
        engines = _SCANNERS if is_hybrid else f"{_SCANNERS}, {CONTAINERD}"
        yield (f"is absolute; {engines} do not find it", Severity.ERROR)
    elif (
        not path.startswith("/")
        and posixpath.normpath(path) != path
        and what_is_at(archive, path) is None
    ):
        clean = posixpath.normpath(path)
        words = f"differs from the name of the member, {clean}; {CONTAINERD} do not find it"
        yield (words, _where_both(archive, Severity.NOTE))


def _through_directory(archive: Archive) -> tuple[str, Severity]:
    is_hybrid = archive.kind is Kind.DOCKER_OCI_ARCHIVE
    engines = _SCANNERS if is_hybrid else f"{_SCANNERS}, {CONTAINERD}"
    words = f"leads through a symbolic link to a directory; {engines} do not find it"
    return (words, Severity.ERROR)


def _hard_link(archive: Archive, entry: Entry) -> tuple[str, Severity]:
    is_hybrid = archive.kind is Kind.DOCKER_OCI_ARCHIVE
    others = "" if is_hybrid else f", {CONTAINERD} do not find it"
    words = f"is a hard link to {entry.linkname}; {_SCANNERS} read it as an empty file{others}"
    return (words, _where_both(archive, Severity.WARNING))


def _symlinked_layer(
    archive: Archive, listed: frozenset[int], entry: Entry
) -> tuple[str, Severity]:
    target = archive.members.find(entry.path)
    if target is not None and target.position in listed:
        words = (
            f"is a symbolic link to {entry.linkname}, a layer that is also listed; {_SCANNERS} "
            "accept it only if that layer precedes it in the same image"
        )
        return (words, Severity.NOTE)
    words = (
        f"is a symbolic link to {entry.linkname}, which is not listed itself; {_SCANNERS} fail "
        "with: blob size mismatch"
    )
    return (words, _where_both(archive, Severity.WARNING))
