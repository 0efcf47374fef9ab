"""TRP004: an archive that is encoded as text."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import EncodedArchive, TextForm, TextWrapper
from checker_transport.transport import TransportCheck

_COMMANDS = {
    TextForm.UUENCODE: "uudecode -o FIXED FILE",
    TextForm.HEX: "xxd -r -p FILE > FIXED",
    TextForm.XXD: "xxd -r FILE > FIXED",
}
_BASE64_COMMANDS = {
    TextWrapper.NONE: "base64 -d FILE > FIXED",
    TextWrapper.PEM: "grep -v ^----- FILE | tr -d '\\r' | base64 -d > FIXED",
    TextWrapper.DATA_URL: "sed 's/^data:[^,]*,//' FILE | base64 -d > FIXED",
    TextWrapper.CARRIAGE_RETURNS: "tr -d '\\r' < FILE | base64 -d > FIXED",
}


class ArchiveAsText(TransportCheck):
    """The archive is encoded as text.

    What it means:
        The file is base64, uuencode or a hex dump, and what it decodes to begins as an archive
        does. Such files come from tools that transfer or store text only: e-mail, JSON interfaces,
        secrets and ConfigMaps, certutil.

    Why it matters:
        Engines do not decode it. They refuse the file: "invalid tar header", "unexpected EOF".

    How to fix it:
        Decode it with the command given as the fix. A dump of `hexdump` or `od` abbreviates equal
        lines and has no command that decodes it.

    References:
        - RFC 4648: base64 and its alphabet for URLs
        - POSIX.1-2017, uuencode and uudecode
    """

    id = "TRP004"
    name = "archive-as-text"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report an archive that was encoded."""
        damage = archive.damage
        if isinstance(damage, EncodedArchive):
            yield self.finding(
                archive,
                f"the file is text, {damage.form}, that decodes to {damage.content}; engines do "
                "not decode it",
                at={"offset": 0},
                fix=_fix(damage),
            )


def _fix(damage: EncodedArchive) -> Fix | None:
    if damage.form is TextForm.BASE64:
        command = _BASE64_COMMANDS[damage.wrapper]
    elif damage.form is TextForm.BASE64_URL:
        padding = f"; printf {'=' * damage.padding}" if damage.padding else ""
        command = f"(tr -- '-_' '+/' < FILE{padding}) | base64 -d > FIXED"
    elif damage.form in _COMMANDS:
        command = _COMMANDS[damage.form]
    else:
        return None
    return Fix("decode it", Command(command))
