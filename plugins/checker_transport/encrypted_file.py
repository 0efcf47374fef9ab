"""TRP011: a file that is encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import OtherFormat
from checker_transport.transport import TransportCheck


class EncryptedFile(TransportCheck):
    """The file is encrypted.

    What it means:
        The first bytes are those of OpenSSL, OpenPGP, age, Ansible Vault or LUKS. What the file
        contains cannot be seen without the key.

    Why it matters:
        Engines do not decrypt archives and refuse the file.

    How to fix it:
        Decrypt it with the program that the message names, then check the result:

            gpg --decrypt image.tar.gpg > image.tar

    References:
        - RFC 9580 (OpenPGP), section 4.2: the first byte of a packet
        - openssl-enc(1): the file begins with Salted__ and the salt
        - The age file format, version 1
    """

    id = "TRP011"
    name = "encrypted-file"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a format that is encrypted."""
        damage = archive.damage
        if not isinstance(damage, OtherFormat) or not damage.format.is_encrypted:
            return
        found = damage.format
        title = f"decrypt it with {found.reader}"
        yield self.finding(
            archive,
            f"the file is {found.name}; engines do not decrypt archives",
            at={"offset": 0},
            fix=Fix(title, None if found.command is None else Command(found.command)),
        )
