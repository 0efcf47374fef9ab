"""HYG014: a file with credentials in the root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.rootfs import Rootfs
from checker_hygiene.credentials import credential_in
from checker_hygiene.finds import CREDENTIAL_FILES, finds_of
from checker_hygiene.suspicious import suspects_of


class CredentialFile(Check):
    """The root filesystem holds a file with credentials.

    What it means:
        A file at a well-known place holds a private key, a password or a token: keys of SSH and
        TLS, settings of AWS, Docker, Kubernetes, npm, PyPI, git, Maven and others, ``.env``. Its
        content confirms it: certificates, public keys, placeholders, references to variables and
        empty passwords are passed over, and so are files below folders of tests, examples,
        documentation and installed packages. A private key with a passphrase gets a note, and so
        does a file whose name ends like that of a store of keys or passwords (``.jks``, ``.p12``,
        ``.kdbx``, ``.ovpn``, ``.rdp``), in a root of up to 20,000 entries. Of a file only the first
        8 KiB are looked at. The value is never printed.

    Why it matters:
        Everyone who has the image has the file. It cannot be taken back, and containers that share
        one key cannot be told apart.

    How to fix it:
        Change the secret, leave the file out of the image (``.dockerignore``, ``COPY`` of single
        folders) and mount it when the container starts, or give it to one step of the build with
        ``RUN --mount=type=secret`` or ``--mount=type=ssh``. To delete it in a later step is not
        enough.

    References:
        - Docker, "Build secrets"
        - dockle CIS-DI-0010 and DKL-LI-0003; CIS Docker Benchmark, section 4.10
    """

    id = "HYG014"
    name = "credential-file"
    severity = Severity.WARNING
    reads = (CREDENTIAL_FILES,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Look at the files of known names that are visible, then at the ends of names."""
        for find in finds_of(rootfs):
            credential = None if find.is_hidden else credential_in(find.path, find.head)
            if credential is not None:
                yield self.finding(
                    find.layer if rootfs.image else rootfs,
                    f"{find.path} holds {credential.what}, for everyone who has the "
                    f"{'image' if rootfs.image else 'archive'}",
                    severity=None if credential.is_sure else Severity.NOTE,
                    at={"path": find.path, "offset": find.layer.entries.offsets[find.position]},
                )
        yield from self._suspects(rootfs)

    def _suspects(self, rootfs: Rootfs) -> Iterator[Finding]:
        for layer, position, what in suspects_of(rootfs):
            path = layer.entries.paths[position]
            yield self.finding(
                layer if rootfs.image else rootfs,
                f"{path} is called like {what}; what is in it was not looked at",
                severity=Severity.NOTE,
                at={"path": path, "offset": layer.entries.offsets[position]},
            )
