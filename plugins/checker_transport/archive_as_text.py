"""TRP004: an archive that is encoded as text."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Command, Finding, Fix
from checker.model.damage import UTF8_WITH_MARK, EncodedArchive, TextForm, TextWrapper
from checker_transport.transport import TransportCheck, counted

_NO_RETURNS = "tr -d '\\r' {}"
_UNWRAPPED = {
    TextWrapper.NONE: (),
    TextWrapper.PEM: ("grep -v ^----- {}", _NO_RETURNS),
    TextWrapper.DATA_URL: ("sed 's/^data:[^,]*,//' {}",),
    TextWrapper.CARRIAGE_RETURNS: (_NO_RETURNS,),
}
_DECODERS = {
    TextForm.UUENCODE: "uudecode -o FIXED {}",
    TextForm.HEX: "xxd -r -p {} > FIXED",
    TextForm.XXD: "xxd -r {} > FIXED",
    TextForm.BASE64: "base64 -d {} > FIXED",
    TextForm.BASE64_URL: "base64 -d {} > FIXED",
}
# What reads standard input alone.
_TRANSLATORS = ("tr ", "(tr ")


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
                f"the file is text{_encoding(damage)}, {damage.form}{_lines(damage)}, that decodes "
                f"to {damage.content}; engines do not decode it",
                at={"offset": 0},
                fix=_fix(damage),
            )


def _encoding(damage: EncodedArchive) -> str:
    return f" in {damage.encoding}" if damage.encoding else ""


def _lines(damage: EncodedArchive) -> str:
    if not damage.lines:
        return ""
    return f" after {counted(damage.lines, 'line')} of other text"


def _fix(damage: EncodedArchive) -> Fix | None:
    decoder = _DECODERS.get(damage.form)
    if decoder is None:
        return None
    first, *others = (*_stages(damage), decoder)
    source = "< FILE" if first.startswith(_TRANSLATORS) else "FILE"
    commands = (first.format(source), *(each.format("") for each in others))
    return Fix("decode it", Command(" | ".join(" ".join(each.split()) for each in commands)))


def _stages(damage: EncodedArchive) -> Iterator[str]:
    """What is done with the text before it is decoded; ``{}`` stands for the file."""
    if damage.encoding == UTF8_WITH_MARK:
        yield "tail -c +4 {}"
    elif damage.encoding:
        yield f"iconv -f {damage.encoding} -t ASCII {{}}"
    if damage.lines:
        yield f"tail -n +{damage.lines + 1} {{}}"
    yield from _UNWRAPPED[damage.wrapper]
    if damage.form is TextForm.BASE64_URL:
        padding = f"; printf {'=' * damage.padding}" if damage.padding else ""
        yield f"(tr -- '-_' '+/' {{}}{padding})"
