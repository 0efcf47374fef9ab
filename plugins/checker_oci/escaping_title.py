"""OCI036: a title that is a path which escapes the directory that tools write to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from checker import Archive, Finding, Severity
from checker.checks.annotations import IMAGE_NAMESPACE
from checker.model.image import mapping, read_annotations
from checker.model.location import Located
from checker.patterns import pattern
from checker_oci.documents import LayoutCheck, below, descriptors, short_name

_TITLE = f"{IMAGE_NAMESPACE}title"
_SHOWN = 200
_ABSOLUTE = pattern(r"[/\\]|[A-Za-z]:[/\\]")


class EscapingTitle(LayoutCheck):
    r"""A title is a path that escapes the directory that tools write to.

    What it means:
        ``org.opencontainers.image.title`` of a layer is the name of the file that tools such as
        ORAS write its content to. Here it is an absolute path, contains ``..`` as a component, or
        is a Windows path that does either (``C:\x``, ``..\x``). On an index or manifest, whose
        title is for people, it is a note.

    Why it matters:
        A tool that does not check the name writes outside of its directory, and can overwrite any
        file of the user: ``../../.ssh/authorized_keys``. ORAS rejects it: "path traversal
        disallowed".

    How to fix it:
        Push the artifact again from the directory of the file, with a relative name. Do not trust
        an artifact from another source that has such titles.

            oras push registry.example.org/config:1 settings.json

    References:
        - OCI image-spec 1.1, annotations.md, "Pre-Defined Annotation Keys" (title)
        - ORAS, oras-go, content/file: the title is the name of the file
        - CWE-22, path traversal
    """

    id = "OCI036"
    name = "escaping-title"
    severity = Severity.WARNING
    security = 6.5
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the titles of documents, then those of descriptors."""
        if archive.oci is None:
            return
        for index in archive.oci.indexes:
            own = read_annotations(mapping(index.document.value).get("annotations"))
            yield from self._inspect(index, own, Severity.NOTE)
        for manifest in archive.oci.manifests:
            yield from self._inspect(manifest, manifest.annotations, Severity.NOTE)
        for descriptor in descriptors(archive):
            yield from self._inspect(descriptor, descriptor.annotations, Severity.WARNING)

    def _inspect(
        self, subject: Located, annotations: Mapping[str, str], severity: Severity
    ) -> Iterator[Finding]:
        title = annotations.get(_TITLE, "")
        what = _what_is_wrong(title)
        if what is None:
            return
        where = f"{short_name(subject.location)} {subject.location.pointer or ''}".rstrip()
        yield self.finding(
            subject,
            f'{where}: the title "{title[:_SHOWN]}" {what}; tools that name files by it write '
            "outside of their directory",
            at={"pointer": below(subject.location, "annotations", _TITLE).pointer},
            severity=severity,
        )


def _what_is_wrong(title: str) -> str | None:
    """Why a title is not a name below a directory, on Linux or on Windows."""
    if ".." in re.split(r"[/\\]", title):
        return 'contains ".."'
    return "is an absolute path" if _ABSOLUTE.match(title) else None
