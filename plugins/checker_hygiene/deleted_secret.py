"""HYG015: a file with credentials that a later layer deletes or replaces."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Layer, Rootfs, Severity
from checker_hygiene.credentials import Credential, credential_in
from checker_hygiene.kept_files import KeptFile
from checker_hygiene.known_files import CREDENTIAL_FILES, find_known_files
from checker_hygiene.text_files import TEXT_FILES, find_secret_files


class DeletedSecret(Check):
    """A file with credentials was deleted or replaced, but is still stored in a layer.

    What it means:
        A layer contains a file with credentials, as described for credential-file, or another text
        file with a secret, as described for secret-in-file. It is not visible in a container,
        because an upper layer, or a later entry of the same layer, deletes or replaces it. The
        layer itself still contains it.

    Why it matters:
        A layer is a tar that everyone who has the image can unpack. The deletion does not protect
        the secret.

    How to fix it:
        Change the secret, since it is published. Then rebuild the image so that the file is never
        part of a layer: mount it, use a multi-stage build, or copy, use and delete it in one RUN
        step.

            before:  COPY id_rsa /root/.ssh/id_rsa
                     RUN git clone git@example.org:app && rm /root/.ssh/id_rsa
            after:   RUN --mount=type=ssh git clone git@example.org:app

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - Docker, "Build secrets"
        - dockle CIS-DI-0010
    """

    id = "HYG015"
    name = "deleted-secret"
    severity = Severity.WARNING
    security = 8.0
    since = "0.1.0"
    reads = (CREDENTIAL_FILES, TEXT_FILES)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the files with known names that are not visible, then other text files."""
        for file, credential in deleted_secrets(rootfs):
            yield self._hidden(rootfs, file, credential)

    def _hidden(self, rootfs: Rootfs, file: KeptFile, credential: Credential) -> Finding:
        from checker_hygiene.layering import hidden_by_layer

        upper = hidden_by_layer(rootfs.layers, file.layer, file.path)
        return self.finding(
            file.layer if rootfs.image else rootfs,
            f"{file.layer.label} contains {file.path} with {credential.what}; "
            f"{_how(file, upper)}, but it can still be read from the layer",
            severity=None if credential.is_sure else Severity.NOTE,
            at={"path": file.path, "offset": file.layer.entries.offsets[file.position]},
            related=[] if upper is None else [upper.location],
        )


def deleted_secrets(rootfs: Rootfs) -> Iterator[tuple[KeptFile, Credential]]:
    """The files with credentials that are in layers of a root, but not visible in it."""
    for known in find_known_files(rootfs):
        credential = credential_in(known.path, known.content) if known.is_hidden else None
        if credential is not None:
            yield known, credential
    for find in find_secret_files(rootfs):
        if find.file.is_hidden:
            yield find.file, Credential(find.what, find.is_sure)


def _how(file: KeptFile, upper: Layer | None) -> str:
    if upper is None:
        return "a later entry of the same layer replaces it"
    verb = "replaces" if file.path in upper.entries.by_path else "deletes"
    return f"layer {upper.position} {verb} it"
