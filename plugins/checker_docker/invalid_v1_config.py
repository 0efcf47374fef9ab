"""DKR007: a folder of a legacy archive whose json is not that of an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Kind, Severity
from checker.model.blob import Blob
from checker.model.document import Document
from checker.model.entries import DIRECTORY
from checker.model.image import mapping
from checker_docker.manifest_json import damage_reason

_SHOWN = 5


class InvalidV1Config(Check):
    """A folder of a legacy archive does not describe an image.

    What it means:
        In an archive without `manifest.json`, the form before 2015, each folder is an image: its
        name is the id, its file `json` says what the image is and which one its parent is. Here
        the file is missing, no JSON, of another form, or names a parent that is not there, or the
        parents lead back to where they began.

    Why it matters:
        Docker up to 28 takes every folder at the top for an image and refuses the archive at the
        first one that it cannot read. It follows parents without end, so that a cycle of them
        brings it down. Docker 29 and all other engines do not take such archives at all.

    How to fix it:
        Load the archive with a Docker up to 28 and save it again, or rebuild the image.

    References:
        - Docker image specification v1, "Image JSON Description"
        - Docker, image/tarexport/load.go, legacyLoad
    """

    id = "DKR007"
    name = "invalid-v1-config"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """With manifest.json nobody reads these files."""
        if archive.kind is not Kind.DOCKER_ARCHIVE_LEGACY:
            return "the archive is no Docker archive of the form before 2015"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at each folder."""
        for folder in () if damage_reason(archive) else _folders(archive):
            if f"{folder}/json" not in archive.members:
                yield self.finding(
                    archive,
                    f"the folder {folder} has no file json, and so is no image",
                    at={"member": folder},
                )
        for folder in () if archive.docker is None else archive.docker.legacy_ids:
            blob = archive.members.blob(f"{folder}/json")
            if blob is not None and blob.document is not None:
                yield from self._document(archive, blob, blob.document)
        yield from self._cycles(archive)

    def _cycles(self, archive: Archive) -> Iterator[Finding]:
        parents = dict(_parents(archive))
        done: set[str] = set()
        for start in parents:
            chain: list[str] = []
            current: str | None = start
            while current is not None and current not in done:
                done.add(current)
                chain.append(current)
                current = parents.get(current)
            if current in chain:
                yield self._cycle(archive, chain[chain.index(current) :])

    def _cycle(self, archive: Archive, chain: list[str]) -> Finding:
        shown = " to ".join([*chain[:_SHOWN], *([] if len(chain) <= _SHOWN else ["…"]), chain[0]])
        blob = archive.members.blob(f"{chain[0]}/json")
        return self.finding(
            archive if blob is None else blob,
            f"the parents lead in a cycle of {len(chain)}: {shown}",
            at={"pointer": "/parent"},
        )

    def _document(self, archive: Archive, blob: Blob, document: Document) -> Iterator[Finding]:
        if document.error is not None:
            yield self.finding(
                blob,
                f"{blob.path} is no JSON: {document.error}",
                at={"offset": document.error_offset},
            )
            return
        from checker_schemas import validate

        for error in validate("docker-v1-config", document.value):
            yield self.finding(
                blob,
                f"{blob.path}, {error.pointer or 'the document'}: found {error.found}, expected "
                f"{error.expected}",
                at={"pointer": error.pointer},
            )
        parent = mapping(document.value).get("parent")
        if isinstance(parent, str) and parent and _is_missing(archive, parent):
            yield self.finding(
                blob,
                f"{blob.path} names the parent {parent}, the archive has no such image",
                at={"pointer": "/parent"},
            )


def _parents(archive: Archive) -> Iterator[tuple[str, str]]:
    for folder in () if archive.docker is None else archive.docker.legacy_ids:
        document = archive.members.document(f"{folder}/json")
        parent = mapping(None if document is None else document.value).get("parent")
        if isinstance(parent, str) and parent:
            yield folder, parent


def _is_missing(archive: Archive, parent: str) -> bool:
    """Whether there is no folder of a parent; one without its json is reported as a folder."""
    folder = (parent, f"{parent}/json", f"{parent}/layer.tar")
    return not any(path in archive.members for path in folder) and not damage_reason(archive)


def _folders(archive: Archive) -> Iterator[str]:
    """The directories at the top, which Docker takes for image ids."""
    entries = archive.entries
    for position in entries.of_kind(DIRECTORY):
        path = entries.paths[position]
        if path and "/" not in path:
            yield path
