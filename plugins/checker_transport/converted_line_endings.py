"""TRP002: binary data whose line endings were converted."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding
from checker.model.damage import LineEndingChange, LineEndings
from checker_transport.transport import TransportCheck, content_of

_FIX = (
    "save the archive again with docker save -o, without a redirection or a terminal, and transfer "
    "it in binary mode"
)


class ConvertedLineEndings(TransportCheck):
    """The line endings of the archive were converted as if it were text.

    What it means:
        Every LF byte was replaced by CR LF, or every CR LF by LF. A terminal (`ssh -t`, `docker run
        -t`) and the `>` operator of PowerShell 7 do the former, FTP in ASCII mode, Git and
        `dos2unix` do either. In binary data these bytes are not line endings.

    Why it matters:
        All data after the first conversion is at another offset than the headers say, compressed
        data cannot be decompressed, and digests do not match. Engines refuse the archive. The
        conversion cannot be undone safely: which of the bytes belonged to the data is not known.

    How to fix it:
        Create the archive again, let the command write the file itself, and transfer it in binary
        mode:

            docker save -o image.tar app:1
            ssh host docker save app:1 > image.tar     # without -t

    References:
        - POSIX.1-2017, General Terminal Interface, ONLCR: a terminal writes CR LF for LF
        - RFC 959, section 3.1.1.1: the ASCII type of FTP converts line endings
        - PowerShell, about_Redirection: output of programs is text before version 7.4
    """

    id = "TRP002"
    name = "converted-line-endings"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a conversion of line endings."""
        damage = archive.damage
        if isinstance(damage, LineEndings):
            yield self.finding(
                archive,
                f"the line endings of {content_of(damage.within)} were converted from "
                f"{damage.change}: {_evidence(damage)}; this changes binary data and cannot be "
                "undone safely",
                at={"offset": damage.offset},
                fix=_FIX,
            )


def _evidence(damage: LineEndings) -> str:
    where = f"of the {damage.number} LF bytes in the first {damage.examined} bytes"
    if damage.change is LineEndingChange.ADDED:
        return f"each {where} follows a CR"
    return f"none {where} follows a CR, and data is missing"
