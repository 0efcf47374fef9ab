"""HYG015: a file with credentials that a later layer deletes or replaces."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker_hygiene.credentials import credential_in
from checker_hygiene.finds import CREDENTIAL_FILES, Find, finds_of


class DeletedSecret(Check):
    """A file with credentials was deleted or replaced later, and still lies in its layer.

    What it means:
        A layer holds a file as credential-file describes it. It cannot be seen in a container,
        since a layer above deletes or replaces it, or a second entry of the same layer does. The
        layer itself still holds it.

    Why it matters:
        A layer is a tar of its own: everyone who has the image can unpack it. The deletion only
        gives the feeling of safety.

    How to fix it:
        Change the secret: it is out. Then build the image anew so that the file never gets into a
        layer: ``RUN --mount=type=secret``, a stage of the build of which only the result is copied,
        or copying, using and deleting it within one RUN step.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - Docker, "Build secrets"
        - dockle CIS-DI-0010
    """

    id = "HYG015"
    name = "deleted-secret"
    severity = Severity.WARNING
    reads = (CREDENTIAL_FILES,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at the files of known names that are not visible."""
        for find in finds_of(rootfs):
            credential = credential_in(find.path, find.head) if find.is_hidden else None
            if credential is not None:
                from checker_hygiene.layering import taken_away_by

                upper = taken_away_by(rootfs.layers, find.layer, find.path)
                yield self.finding(
                    find.layer if rootfs.image else rootfs,
                    f"{find.layer.label} holds {find.path} with {credential.what}; "
                    f"{_how(find, upper)}, but it can still be read from the layer",
                    severity=None if credential.is_sure else Severity.NOTE,
                    at={"path": find.path, "offset": find.layer.entries.offsets[find.position]},
                    related=[] if upper is None else [upper.location],
                )


def _how(find: Find, upper: Layer | None) -> str:
    if upper is None:
        return "a later entry of the same layer replaces it"
    verb = "replaces" if find.path in upper.entries.by_path else "deletes"
    return f"layer {upper.position} {verb} it"
