"""What happened to a file on its way: facts about bytes that are not, or no longer, an archive."""

from __future__ import annotations

from enum import StrEnum

from checker.model.compression import CompressionKind
from checker.model.formats import Format
from checker.records import NamedTuple
from checker.typing_names import TypeAlias


class LeadingData(NamedTuple):
    """Text that precedes the archive in the file.

    Attributes:
        size: Bytes that precede the archive.
        text: The beginning of the text, at most 200 characters.
        follows: What begins after it, in words, such as ``a tar header``.
        within: The compression that contains the text and the archive.
    """

    size: int
    text: str
    follows: str
    within: CompressionKind = CompressionKind.NONE

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        return "an archive with text before it"


class LineEndingChange(StrEnum):
    """The two directions in which line endings are translated."""

    ADDED = "LF to CR LF"
    REMOVED = "CR LF to LF"


class LineEndings(NamedTuple):
    """Binary data whose line endings were translated, as if it were text.

    Attributes:
        change: The direction.
        number: Line endings among the bytes that were examined.
        examined: Bytes that were examined, from the beginning of the file on.
        offset: Byte offset of the first translated line ending; None where the CR was removed.
        within: The compression that contains the translated data.
    """

    change: LineEndingChange
    number: int
    examined: int
    offset: int | None
    within: CompressionKind = CompressionKind.NONE

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        return f"an archive with converted line endings ({self.change})"


class CharacterChange(StrEnum):
    """What became of bytes that were decoded as text and encoded again."""

    UTF_16 = "UTF-16"
    UTF_8 = "UTF-8"
    REPLACED = "replacement characters"
    ASCII = "question marks"
    SEVEN_BITS = "seven bits"


class Characters(NamedTuple):
    """Binary data that was decoded as text and encoded again.

    Attributes:
        change: The new encoding, or that bytes were replaced.
        offset: Byte offset of the first place that shows it.
        replaced: Replacement characters (U+FFFD), or question marks, among the bytes that were
            examined.
        is_latin_1: Whether each byte became the character with its number, which can be undone.
        has_line_endings: Whether line endings were translated too.
        within: The compression that contains the data.
    """

    change: CharacterChange
    offset: int
    replaced: int = 0
    is_latin_1: bool = False
    has_line_endings: bool = False
    within: CompressionKind = CompressionKind.NONE

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        rest = ", and its LF by CR LF" if self.has_line_endings else ""
        if self.change is CharacterChange.SEVEN_BITS:
            return f"an archive of whose bytes seven bits are left{rest}"
        if self.change in {CharacterChange.REPLACED, CharacterChange.ASCII}:
            return f"an archive whose bytes were replaced by a text conversion{rest}"
        return f"an archive converted to {self.change} text"


UTF8_WITH_MARK = "UTF-8 with a byte order mark"


class TextForm(StrEnum):
    """Ways to write bytes as text."""

    BASE64 = "base64"
    BASE64_URL = "base64url"
    UUENCODE = "uuencode"
    HEX = "hexadecimal digits"
    XXD = "an xxd hex dump"
    HEXDUMP = "a hex dump"


class TextWrapper(StrEnum):
    """What surrounds base64 that a decoder does not accept."""

    NONE = "none"
    PEM = "lines of a PEM block"
    DATA_URL = "data URL"
    CARRIAGE_RETURNS = "carriage returns"


class EncodedArchive(NamedTuple):
    """An archive that was encoded as text.

    Attributes:
        form: How it is encoded.
        content: What the text decodes to, in words, such as ``a gzip stream``.
        wrapper: What must be removed before it is decoded.
        padding: Characters ``=`` that are missing at the end.
        lines: Lines of other text before it.
        encoding: The encoding of the text, where it is not plain UTF-8.
    """

    form: TextForm
    content: str
    wrapper: TextWrapper = TextWrapper.NONE
    padding: int = 0
    lines: int = 0
    encoding: str | None = None

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        return f"an archive encoded as text ({self.form})"


class TextKind(StrEnum):
    """Texts that are saved in place of an archive."""

    WEB_PAGE = "web page"
    XML = "XML document"
    JSON = "JSON document"
    LFS_POINTER = "Git LFS pointer"
    ANNEX_POINTER = "git-annex pointer"
    DVC_POINTER = "DVC file"
    ENGINE_MESSAGE = "message of a command"
    USAGE = "usage text of a command"
    CHECKSUMS = "list of checksums"
    ADDRESS = "web address"
    PATH = "path of a file"
    TEXT = "text file"


class SavedText(NamedTuple):
    """A text in place of the archive.

    Attributes:
        kind: What text it is.
        quote: What identifies it: the title of a page, the message of an error, the first line;
            at most 200 characters.
        encoding: The encoding, where it is not UTF-8.
    """

    kind: TextKind
    quote: str
    encoding: str | None = None

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        article = "an" if self.kind is TextKind.XML else "a"
        return f"{article} {self.kind}"


class PiecePosition(StrEnum):
    """Which piece of a split file it is."""

    FIRST = "the first piece"
    MIDDLE = "a middle or last piece"
    LAST = "the last piece"


class Piece(NamedTuple):
    """A piece of a file that was split.

    Attributes:
        position: Which one.
        evidence: What shows it, in words.
        stem: The file name up to the number of the piece; None if the name has none.
    """

    position: PiecePosition
    evidence: str
    stem: str | None

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        return f"{self.position} of a split file"


class OtherFormat(NamedTuple):
    """A file of another format.

    Attributes:
        format: The format.
        detail: What the file says of itself, such as the name of its first member; else empty.
    """

    format: Format
    detail: str = ""

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        return self.format.name


class Unwritten(NamedTuple):
    """A file, or the beginning or end of one, that was reserved and never written.

    Attributes:
        byte: The byte that the stretch consists of.
        length: Bytes of the stretch; of one at the end, those that were examined.
        is_whole: Whether it is the whole file, as far as it was examined.
        offset: Byte offset from which on it was examined; not zero for a stretch at the end.
        member: The member in which a stretch at the end begins.
    """

    byte: int
    length: int
    is_whole: bool
    offset: int = 0
    member: str | None = None

    @property
    def summary(self) -> str:
        """What the file is, in words."""
        whole = f"a file of bytes 0x{self.byte:02x}"
        place = "beginning" if self.member is None else "end"
        return whole if self.is_whole else f"an archive whose {place} was not written"


Damage: TypeAlias = (
    LeadingData
    | LineEndings
    | Characters
    | EncodedArchive
    | SavedText
    | Piece
    | OtherFormat
    | Unwritten
)
"""What happened to the file."""
