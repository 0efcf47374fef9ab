"""HYG021: a token, key or password in a text file."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Rootfs, Severity
from checker_hygiene.text_files import TEXT_FILES, find_secret_files


class SecretInFile(Check):
    """A text file of the root filesystem contains a token, a private key or a password.

    What it means:
        A file contains something that only secrets look like: a token in the form of its issuer
        (AWS, GitHub, Google, Slack, Stripe and some 60 others), a private key in PEM form, registry
        credentials, or a URL with a password. The message gives the lines; the value is never
        printed. Names such as ``password`` are no reason here. Files with well-known names, such as
        ``.env``, are left to credential-file, and files that a later layer deletes to
        deleted-secret.

        Searched are text files of up to 64 KiB whose names are those of settings, scripts, sources
        or keys (``.conf``, ``.json``, ``.yaml``, ``.xml``, ``.sh``, ``.py``, ``.js`` and others),
        or have no extension, or begin with a dot. They are searched below ``etc``, ``root``,
        ``home``, ``app``, ``srv``, ``opt`` and all other directories but those of the system; of
        ``usr``, ``var`` and ``run`` below ``usr/src/app``, ``usr/app``, ``usr/local/app``,
        ``usr/local/etc``, ``usr/share/nginx/html``, ``var/www``, ``var/app``, ``var/task``,
        ``var/opt`` and ``run/secrets``. Directories of tests, examples, documentation,
        translations and installed packages (``node_modules``, ``site-packages``, ``vendor``) are
        left out. Of each layer 10,000 files and 8 MiB are searched (the limits ``text_files`` and
        ``text_bytes``); limit-reached says if there were more. Placeholders and the examples of
        the issuers are ignored, and URLs with a password in comments. A private key with a
        passphrase is a note.

    Why it matters:
        Everyone who has the image has the file. A token cannot be revoked from copies of the image,
        only at its issuer.

    How to fix it:
        Revoke the secret, take it out of the file, and pass it at run time: as a variable or as a
        mounted file. Deleting the file in a later step is not sufficient.

            before:  COPY settings.yaml /app/settings.yaml       # token: ghp_...
            after:   COPY settings.yaml /app/settings.yaml       # token_file: /run/secrets/token
                     docker run --mount type=bind,src=token,dst=/run/secrets/token,readonly app

    References:
        - Docker, "Build secrets"; Docker Compose, "Secrets in Compose"
        - CIS Docker Benchmark, section 4.10; CWE-798, use of hard-coded credentials
    """

    id = "HYG021"
    name = "secret-in-file"
    severity = Severity.WARNING
    security = 8.0
    since = "0.1.0"
    reads = (TEXT_FILES,)
    needs_digests = False

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Check the visible text files."""
        whole = "image" if rootfs.image else "archive"
        for find in find_secret_files(rootfs):
            file = find.file
            if not file.is_hidden:
                yield self.finding(
                    file.layer if rootfs.image else rootfs,
                    f"{file.path} contains {find.what}, readable by everyone who has the {whole}",
                    severity=None if find.is_sure else Severity.NOTE,
                    at={"path": file.path, "offset": file.layer.entries.offsets[file.position]},
                )
