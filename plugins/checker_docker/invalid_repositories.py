"""DKR006: a repositories file that does not map names to image IDs."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Blob, Check, Finding, Severity
from checker.checks.documents import interoperability_problems
from checker.model.archive import DockerArchive
from checker.model.document import pointer
from checker.model.image import mapping
from checker_docker.scopes import REPOSITORIES_EXPECTED


class InvalidRepositories(Check):
    """repositories does not map names to image IDs.

    What it means:
        The file `repositories`, which Docker used before `manifest.json`, is a JSON object that
        maps repositories to tags, and tags to the ID of the top layer. Here it is not valid JSON,
        has another structure, or contains an ID that is not in the archive. If there is a
        `manifest.json`, the finding is a warning. In an archive in the format before 2015 it is an
        error, and so is a missing file. Numbers and texts that only some readers can
        represent (I-JSON) are notes.

    Why it matters:
        Docker up to 28 loads archives without `manifest.json` through this file and rejects them
        without it ("invalid target ID"). If there is a `manifest.json`, engines do not read it.

    How to fix it:
        Save the image again with a current Docker, or remove the file if there is a
        `manifest.json`. A valid file:

            {"app": {"1": "<ID of the top layer>"}}

    References:
        - Docker image specification v1, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go, legacyLoad
    """

    id = "DKR006"
    name = "invalid-repositories"
    severity = Severity.ERROR
    since = "0.1.0"

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the file is missing, which manifest.json allows."""
        return REPOSITORIES_EXPECTED.skip_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the document, and in a legacy archive at the IDs in it."""
        docker = archive.docker
        if docker is None:
            return
        is_legacy = docker.blob is None
        if docker.repositories is not None:
            severity = Severity.ERROR if is_legacy else Severity.WARNING
            yield from self._document(docker.repositories, severity)
            if is_legacy:
                yield from self._targets(docker.repositories, docker)
        elif archive.tar.fatal is None and is_legacy:
            message = (
                "repositories is not in the archive; Docker requires it if there is no "
                "manifest.json"
            )
            yield self.finding(archive, message)

    def _document(self, blob: Blob, severity: Severity) -> Iterator[Finding]:
        document = blob.document
        if document is None:
            return
        if document.error is not None:
            yield self.finding(
                blob,
                f"repositories is not valid JSON: {document.error}",
                at={"offset": document.error_offset},
                severity=severity,
            )
            return
        for problem in interoperability_problems(document):
            yield self.finding(
                blob,
                f"repositories {problem.message}",
                at=problem.at,
                severity=problem.severity,
            )
        from checker_schemas import validate

        for error in validate("docker-repositories", document.value):
            yield self.finding(
                blob,
                f"repositories, {error.pointer or 'the document'}: found {error.found}, expected "
                f"{error.expected}",
                at={"pointer": error.pointer},
                severity=severity,
            )

    def _targets(self, blob: Blob, docker: DockerArchive) -> Iterator[Finding]:
        value = None if blob.document is None else blob.document.value
        for repository, tags in mapping(value).items():
            for tag, target in mapping(tags).items():
                if isinstance(target, str) and target not in docker.legacy_ids:
                    yield self.finding(
                        blob,
                        f"repositories maps {repository}:{tag} to the ID {target}, which is not in "
                        "the archive",
                        at={"pointer": pointer(repository, tag)},
                    )
