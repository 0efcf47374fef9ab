"""ARC018: an archive whose content is in one directory."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Check, Command, Finding, Fix, Kind, Severity
from checker.checks.fix import quoted
from checker.typing_names import ClassVar

_SURE = 3
_KINDS = frozenset({Kind.WRAPPED, Kind.UNKNOWN})


class WrappedInDirectory(Check):
    """The whole content of the archive is in one directory.

    What it means:
        The members that make up an image, such as `manifest.json` or `index.json`, are not at the
        top level of the archive but all in one directory. If it is a root filesystem that is in a
        directory, the finding is a warning.

    Why it matters:
        Engines look only at the top level. They reject the image: Docker up to 28 reports "no such
        file or directory" for the directory's `json`, Docker 29 "does not contain a manifest.json",
        containerd "unrecognized image format". A root filesystem is imported into a directory of
        the image's root, where its links and programs do not work.

    How to fix it:
        Create the archive from inside the directory:

            tar -cf image.tar image         # image/manifest.json
            tar -C image -cf image.tar .    # ./manifest.json

    References:
        - Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"
        - OCI image-spec 1.1, image-layout.md, "Content"
    """

    id = "ARC018"
    name = "wrapped-in-directory"
    aliases: ClassVar[tuple[str, ...]] = ("wrapped-in-folder",)
    severity = Severity.ERROR
    since = "0.1.0"
    needs_digests = False

    def skip_reason(self, archive: Archive) -> str | None:
        """Give the reason if the content is where engines look for it."""
        if archive.kind in _KINDS:
            return None
        return f"the archive is of kind {archive.kind}, with its content at the top level"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Look for the directory."""
        image, root = archive.image_directory, archive.root_directory
        if image is not None:
            problem = (
                f"the image is in the directory {image}, but engines look for it at the top level "
                "of the archive"
            )
            yield self._report(archive, problem, image)
        elif root is not None and archive.known_kind is None:
            problem = (
                f"the root filesystem is in the directory {root}; after an import it would be at "
                f"/{root} in the image"
            )
            yield self._report(archive, problem, root)

    def _report(self, archive: Archive, problem: str, directory: str) -> Finding:
        return self.finding(
            archive,
            problem,
            at={"member": archive.entries.name(0), "offset": archive.entries.offsets[0]},
            fix=_fix(archive, directory),
        )


def _fix(archive: Archive, directory: str) -> Fix:
    command = Command(f"tar -xf FILE && tar -C {quoted(f'./{directory}')} -cf FIXED .")
    return Fix("pack the content of the directory", command if archive.is_read_to_end else None)
