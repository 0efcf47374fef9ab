"""DKR006: a repositories file that does not map names to image ids."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Finding, Severity
from checker.model.archive import DockerArchive
from checker.model.blob import Blob
from checker.model.document import pointer
from checker.model.image import mapping


class InvalidRepositories(Check):
    """repositories does not map names to image ids.

    What it means:
        The file `repositories`, which Docker had before `manifest.json`, is a JSON object from
        repository to tags, and from tag to the id of the top layer. Here it is no JSON, or has
        another form, or names an id that is not in the archive. Beside a `manifest.json` the
        finding is a warning; in an archive of the form before 2015 it is an error, also that the
        file is missing.

    Why it matters:
        Docker up to 28 loads archives without `manifest.json` by this file and refuses them
        without it ("invalid target ID"). With `manifest.json` no engine reads it.

    How to fix it:
        Save the image again with a current Docker, or leave the file out if `manifest.json` is
        there.

    References:
        - Docker image specification v1, "Combined Image JSON + Filesystem Changeset Format"
        - Docker, image/tarexport/load.go, legacyLoad
    """

    id = "DKR006"
    name = "invalid-repositories"
    severity = Severity.ERROR

    def skip_reason(self, archive: Archive) -> str | None:
        """Beside manifest.json the file may be absent."""
        docker = archive.docker
        if docker is None or (docker.blob is not None and docker.repositories is None):
            return "the archive has no repositories"
        return None

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look at the document, and in a legacy archive at what it points to."""
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
            message = "repositories is not in the archive; without manifest.json, Docker needs it"
            yield self.finding(archive, message)

    def _document(self, blob: Blob, severity: Severity) -> Iterator[Finding]:
        document = blob.document
        if document is None:
            return
        if document.error is not None:
            yield self.finding(
                blob,
                f"repositories is no JSON: {document.error}",
                at={"offset": document.error_offset},
                severity=severity,
            )
            return
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
                        f"repositories gives {repository}:{tag} the id {target}, the archive has "
                        "no such image",
                        at={"pointer": pointer(repository, tag)},
                    )
