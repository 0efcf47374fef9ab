"""DKR007: a directory of a legacy archive that does not describe an image."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Check, Document, Finding, Severity
from checker.checks.documents import interoperability_problems
from checker.model.entries import DIRECTORY
from checker.model.image import mapping
from checker_docker.manifest_json import damage_reason
from checker_docker.scopes import FORMAT_BEFORE_2015

_SHOWN = 5


class InvalidV1Config(Check):
    """A directory of a legacy archive does not describe an image.

    What it means:
        In an archive without `manifest.json`, the format before 2015, each directory is an image:
        its name is the ID, and its file `json` describes the image and names its parent. Here the
        file is missing, is not valid JSON, has another structure, or names a parent that is not in
        the archive; or the parents form a cycle.

    Why it matters:
        Docker up to 28 treats every directory at the top level as an image and rejects the archive
        at the first one that it cannot read. It follows parents without a limit, so a cycle makes
        it fail. Docker 29 and all other engines do not accept such archives.

    How to fix it:
        Load the archive with Docker up to 28 and save it again, or rebuild the image.

    References:
        - Docker image specification v1, "Image JSON Description"
        - Docker, image/tarexport/load.go, legacyLoad
    """

    id = "DKR007"
    name = "invalid-v1-config"
    severity = Severity.ERROR
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if there is a manifest.json: engines do not read these files then."""
        return FORMAT_BEFORE_2015.skip_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at each directory."""
        for directory in () if damage_reason(archive) else _directories(archive):
            if f"{directory}/json" not in archive.members:
                yield self.finding(
                    archive,
                    f"the directory {directory} has no json file and is not an image; Docker "
                    "rejects the archive",
                    at={"member": directory},
                )
        for image_id in () if archive.docker is None else archive.docker.legacy_ids:
            blob = archive.members.blob(f"{image_id}/json")
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
            f"the parents form a cycle of {len(chain)}: {shown}; Docker up to 28 follows it "
            "without a limit",
            at={"pointer": "/parent"},
        )

    def _document(self, archive: Archive, blob: Blob, document: Document) -> Iterator[Finding]:
        if document.error is not None:
            yield self.finding(
                blob,
                f"{blob.path} is not valid JSON: {document.error}",
                at={"offset": document.error_offset},
            )
            return
        for problem in interoperability_problems(document):
            yield self.finding(
                blob,
                f"{blob.path} {problem.message}",
                at=problem.at,
                severity=problem.severity,
            )
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
                f"{blob.path} names the parent {parent}, which is not in the archive",
                at={"pointer": "/parent"},
            )


def _parents(archive: Archive) -> Iterator[tuple[str, str]]:
    for image_id in () if archive.docker is None else archive.docker.legacy_ids:
        document = archive.members.document(f"{image_id}/json")
        parent = mapping(None if document is None else document.value).get("parent")
        if isinstance(parent, str) and parent:
            yield image_id, parent


def _is_missing(archive: Archive, parent: str) -> bool:
    """Whether the parent's directory is missing; one without a json file is reported itself."""
    paths = (parent, f"{parent}/json", f"{parent}/layer.tar")
    return not any(path in archive.members for path in paths) and not damage_reason(archive)


def _directories(archive: Archive) -> Iterator[str]:
    """The directories at the top level, whose names Docker reads as image IDs."""
    entries = archive.entries
    for position in entries.of_kind(DIRECTORY):
        path = entries.paths[position]
        if path and "/" not in path:
            yield path
