"""TRP003: binary data that was decoded as text and encoded again."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import CharacterChange, Characters
from checker_transport.transport import TransportCheck, content_of, piped

_FIX = (
    "save the archive again with docker save -o, without a redirection, and transfer it in binary "
    "mode"
)


_MARKS = {
    CharacterChange.REPLACED: "U+FFFD (EF BF BD",
    CharacterChange.ASCII: "question marks (3F",
}


class ConvertedCharacters(TransportCheck):
    """The archive was decoded as text and encoded again.

    What it means:
        A program took the bytes of the archive for characters and wrote these in an encoding:
        UTF-16, as the `>` operator of Windows PowerShell 5 does, or UTF-8, where bytes that are not
        valid UTF-8 become U+FFFD (bytes EF BF BD). The `>` operator of PowerShell 7 before 7.4 also
        converts LF to CR LF. In ASCII, each byte from 0x80 on becomes a question mark, as with
        `Out-File -Encoding ascii`; a channel of seven bits removes the highest bit of each byte.

    Why it matters:
        Engines refuse the archive. Where different bytes became the same character the data is
        lost. Only where each byte became the character with its number, the conversion can be
        undone; the finding then has the command.

    How to fix it:
        Create the archive again and let the command write the file itself. In programs, handle the
        data as bytes:

            docker save -o image.tar app:1

    References:
        - PowerShell, about_Redirection: output of programs is text before version 7.4
        - Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts"
    """

    id = "TRP003"
    name = "converted-characters"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report a conversion of characters."""
        damage = archive.damage
        if isinstance(damage, Characters):
            yield self.finding(
                archive,
                f"{content_of(damage.within)} is an archive that was decoded as text and encoded "
                f"again: {_evidence(damage)}; {_consequence(damage)}",
                at={"offset": damage.offset},
                fix=_fix(damage),
            )


def _evidence(damage: Characters) -> str:
    line_endings = " and its line endings were converted from LF to CR LF"
    rest = line_endings if damage.has_line_endings else ""
    if damage.change is CharacterChange.SEVEN_BITS:
        return f"the highest bit of each byte was removed{rest}"
    if damage.change in _MARKS:
        return (
            f"bytes from 0x80 on were replaced by {_MARKS[damage.change]}, {damage.replaced} "
            f"times, first at byte {damage.offset}){rest}"
        )
    return f"it is {damage.change} text, as written by {_writer(damage)}{rest}"


def _writer(damage: Characters) -> str:
    if damage.change is CharacterChange.UTF_16:
        return "the > operator of Windows PowerShell 5"
    return "programs that handle binary data as text"


def _consequence(damage: Characters) -> str:
    if damage.is_latin_1:
        return "each byte became the character with its number, which can be undone"
    return "this cannot be undone safely"


def _fix(damage: Characters) -> Fix | str:
    if not damage.is_latin_1:
        return _FIX
    command = piped(damage.within, "iconv -f UTF-8 -t ISO-8859-1")
    return Fix("convert the characters back to bytes", Command(command))
