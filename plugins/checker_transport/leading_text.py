"""TRP001: text before the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import LeadingData
from checker_transport.transport import TransportCheck, content_of, counted, piped, quote


class LeadingText(TransportCheck):
    """Text precedes the archive.

    What it means:
        The file begins with text, such as a password prompt of `sudo`, a warning of `ssh`, the
        greeting of a shell, or the commands that `set -x` prints. The archive begins after it. The
        message quotes the text and says at which byte the archive begins.

    Why it matters:
        Engines expect a tar header or the signature of a compression at byte 0, and refuse the
        file: "invalid tar header", "unexpected EOF".

    How to fix it:
        Remove the text with the command given as the fix. To prevent it, let the command write the
        file itself, or keep its messages out of the data:

            docker save -o image.tar app:1
            ssh host docker save app:1 > image.tar     # without -t, which mixes both streams

    References:
        - POSIX.1-2017, pax, "ustar Interchange Format": the archive begins with a header
        - ssh(1), option -t: one terminal for standard output and standard error
    """

    id = "TRP001"
    name = "leading-text"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report text that precedes the archive."""
        damage = archive.damage
        if not isinstance(damage, LeadingData):
            return
        what = quote(damage.text) if damage.text else "a byte order mark or white space"
        size = counted(damage.size, "byte")
        yield self.finding(
            archive,
            f"{content_of(damage.within)} begins with {size} of text: {what}; "
            f"{damage.follows} follows at byte {damage.size}, engines expect it at byte 0",
            at={"offset": 0},
            fix=Fix(
                "remove the first byte" if damage.size == 1 else f"remove the first {size}",
                Command(piped(damage.within, f"tail -c +{damage.size + 1}")),
            ),
        )
