"""Finds out what happened to a file: one cause, the most fundamental of those that apply."""

from __future__ import annotations

from collections.abc import Callable

from checker.isolation import Steps
from checker.model.damage import Damage, OtherFormat, SavedText, TextKind
from checker.model.formats import Format, find_format
from checker.reading.transport.characters import find_characters
from checker.reading.transport.framed import find_frames
from checker.reading.transport.leading import Located, locate
from checker.reading.transport.line_endings import find_line_endings
from checker.reading.transport.pieces import find_piece
from checker.reading.transport.plain_text import is_text
from checker.reading.transport.sample import Sample
from checker.reading.transport.saved_text import find_saved_text
from checker.reading.transport.soundness import Start
from checker.reading.transport.text_forms import find_text_form
from checker.reading.transport.unwritten import find_unwritten
from checker.typing_names import TypeVar

T = TypeVar("T")

_TEXT_EXAMINED = 512
_NOWHERE = Located(None, None)
# A signature that text can begin with by chance.
_SHORT = 6
_ZIP_NAME = slice(30, 286)
_ZIP_NAME_SIZE = slice(26, 28)


def find_damage(sample: Sample, steps: Steps) -> Damage | None:
    """What happened to a file that is not a sound archive; None if that is not recognized.

    Args:
        sample: What is examined.
        steps: Runs the search for each cause; one that fails has found nothing.
    """
    return _Search(sample, steps).run() if sample.head else None


class _Search:
    """Searches for the causes, one after the other."""

    def __init__(self, sample: Sample, steps: Steps) -> None:
        self._sample = sample
        self._steps = steps

    def run(self) -> Damage | None:
        sample = self._sample
        if not sample.has_first_header:
            other = self._try("another format", lambda: _other_format(sample))
            other = other or self._try("frames", lambda: find_frames(sample))
            if other is not None:
                return other
        located = self._try("the beginning of the archive", lambda: locate(sample)) or _NOWHERE
        begin = 0 if located.leading is None else located.leading.size
        return (
            self._try("converted characters", lambda: find_characters(sample, begin))
            or self._try("converted line endings", lambda: find_line_endings(sample, begin))
            or located.leading
            or (None if sample.has_first_header else self._without_archive(located.start))
            or self._piece(located.start)
        )

    def _without_archive(self, start: Start | None) -> Damage | None:
        sample = self._sample
        text = self._try("an archive as text", lambda: find_text_form(sample)) or self._try(
            "a saved text", lambda: find_saved_text(sample)
        )
        if isinstance(text, SavedText) and text.kind is TextKind.TEXT:
            # A piece of a plain tar can begin within a text file.
            return self._piece(start) or text
        return text or self._try("unwritten data", lambda: find_unwritten(sample))

    def _piece(self, start: Start | None) -> Damage | None:
        return self._try("a piece of a split file", lambda: find_piece(self._sample, start))

    def _try(self, cause: str, search: Callable[[], T | None]) -> T | None:
        return self._steps.run(f"looking for {cause}", search, None)


def _other_format(sample: Sample) -> OtherFormat | None:
    found = find_format(sample.head)
    if found is None or (_is_word(found) and is_text(sample.head[:_TEXT_EXAMINED])):
        return None
    return OtherFormat(found, _first_member(sample.head))


def _is_word(found: Format) -> bool:
    return len(found.signature) < _SHORT and found.signature.isascii()


def _first_member(head: bytes) -> str:
    """The name of the first file in a zip file; empty for other formats."""
    if not head.startswith(b"PK\x03\x04"):
        return ""
    size = int.from_bytes(head[_ZIP_NAME_SIZE], "little")
    return head[_ZIP_NAME][:size].decode("utf-8", "surrogateescape")
