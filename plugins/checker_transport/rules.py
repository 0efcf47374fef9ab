"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_transport.archive_as_text import ArchiveAsText
from checker_transport.converted_characters import ConvertedCharacters
from checker_transport.converted_line_endings import ConvertedLineEndings
from checker_transport.encrypted_file import EncryptedFile
from checker_transport.git_lfs_pointer import GitLfsPointer
from checker_transport.json_document import JsonDocument
from checker_transport.leading_text import LeadingText
from checker_transport.other_format import OtherFormat
from checker_transport.piece_of_split_file import PieceOfSplitFile
from checker_transport.saved_message import SavedMessage
from checker_transport.unwritten_data import UnwrittenData
from checker_transport.web_page import WebPage

RULES: tuple[type[Check], ...] = (
    LeadingText,
    ConvertedLineEndings,
    ConvertedCharacters,
    ArchiveAsText,
    WebPage,
    JsonDocument,
    GitLfsPointer,
    SavedMessage,
    PieceOfSplitFile,
    OtherFormat,
    EncryptedFile,
    UnwrittenData,
)
