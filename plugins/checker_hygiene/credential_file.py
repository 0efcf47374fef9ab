"""HYG014: a file with credentials in the root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker_hygiene.credentials import credential_in
from checker_hygiene.key_files import find_key_files
from checker_hygiene.known_files import CREDENTIAL_FILES, find_known_files


class CredentialFile(Check):
    """The root filesystem contains a file with credentials.

    What it means:
        A file at a well-known path contains a private key, a password or a token: keys of SSH and
        TLS, settings of AWS, Docker, Kubernetes, npm, PyPI, git, Maven and others, ``.env``. The
        content is inspected: certificates, public keys, placeholders, references to variables and
        empty passwords are ignored, and so are files below directories of tests, examples,
        documentation and installed packages. A private key with a passphrase is a note, and so is a
        file whose extension is that of a key or password store (``.jks``, ``.p12``, ``.kdbx``,
        ``.ovpn``, ``.rdp``), in a root filesystem of up to 20,000 entries. Only the first 8 KiB of
        a file are inspected. The value is never printed.

    Why it matters:
        Everyone who has the image has the file. It cannot be revoked from copies, and containers
        that share a key cannot be distinguished.

    How to fix it:
        Change the secret, exclude the file from the image (``.dockerignore``), and mount it at run
        time or for one build step. Deleting it in a later step is not sufficient.

            before:  COPY .npmrc /root/.npmrc
                     RUN npm ci
            after:   RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci

    References:
        - Docker, "Build secrets"
        - dockle CIS-DI-0010 and DKL-LI-0003; CIS Docker Benchmark, section 4.10
    """

    id = "HYG014"
    name = "credential-file"
    severity = Severity.WARNING
    security = 8.0
    since = "0.1.0"
    reads = (CREDENTIAL_FILES,)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the visible files with known names, then those with known extensions."""
        for find in find_known_files(rootfs):
            credential = None if find.is_hidden else credential_in(find.path, find.content)
            if credential is not None:
                yield self.finding(
                    find.layer if rootfs.image else rootfs,
                    f"{find.path} contains {credential.what}, readable by everyone who has the "
                    f"{'image' if rootfs.image else 'archive'}",
                    severity=None if credential.is_sure else Severity.NOTE,
                    at={"path": find.path, "offset": find.layer.entries.offsets[find.position]},
                )
        yield from self._key_files(rootfs)

    def _key_files(self, rootfs: Rootfs) -> Iterator[Finding]:
        for layer, position, what in find_key_files(rootfs):
            path = layer.entries.paths[position]
            yield self.finding(
                layer if rootfs.image else rootfs,
                f"{path} is named like {what}; its content was not inspected",
                severity=Severity.NOTE,
                at={"path": path, "offset": layer.entries.offsets[position]},
            )
