"""Extractions that several engines would do in the same way, simulated once.

The engines of one codebase differ mostly in their messages. An extraction that succeeds with one of
them succeeds with all that take the same steps; only an error has to be found again, for its words.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from checker.model.entries import GLOBAL_HEADER, Entries
from checker.model.work import Known, Work
from checker.records import NamedTuple
from checker.typing_names import Generic, TypeVar
from checker_engines.filesystem.dialect import OS_CALLS, Dialect
from checker_engines.filesystem.errors import ExtractionError

T = TypeVar("T")
# Stacks of layers that are kept for one base layer.
_STACKS = 10_000


class ExtractedLayer(NamedTuple):
    """What is extracted of a layer.

    Attributes:
        entries: Its entries.
        number: The number of entries that are extracted, from the first.
        is_whole: Whether they are followed by the end of the layer, not by an error.
    """

    entries: Entries
    number: int
    is_whole: bool


def steps_of(dialect: Dialect, entries: Entries) -> Dialect:
    """The dialect without what only changes the words of errors.

    Args:
        dialect: The fork and version.
        entries: What is extracted.
    """
    calls = OS_CALLS._replace(mknod_parent=None if dialect.calls.mknod_parent is None else "")
    steps = dialect._replace(
        shown=str,
        calls=calls,
        root_replaced=None if dialect.root_replaced is None else "",
        root_removed="",
        xattr="",
        no_aufs_link="",
        above_removed=None,
    )
    if next(entries.of_kind(GLOBAL_HEADER), None) is None:
        steps = steps._replace(skips_global_headers=True)
    if entries.xattrs:
        return steps
    return steps._replace(
        ignored_xattr_errors=frozenset(), xattrs_follow_links=False, sets_empty_xattrs=False
    )


class Outcomes(Generic[T]):
    """What an extraction ends with: the same for all with the same steps, or an error of each."""

    __slots__ = ("_errors", "_success")

    def __init__(self) -> None:
        self._success: Known[T | ExtractionError] = Known()
        self._errors: dict[Hashable, Known[T | ExtractionError]] = {}

    def find(self, words: Hashable, work: Work, extract: Callable[[], T]) -> T:
        """Extract, or take what is known.

        Args:
            words: What the words of errors depend on.
            work: What may be spent on it.
            extract: Does it.

        Raises:
            ExtractionError: It fails.
            OutOfWork: It is not known whether it fails.
        """
        if not self._errors:
            found = self._success.find(work, lambda: _attempted(extract))
            if not isinstance(found, ExtractionError):
                return found
            self._errors[words] = self._success
            raise found.copy()
        known = self._errors.setdefault(words, Known())
        found = known.find(work, lambda: _attempted(extract))
        if isinstance(found, ExtractionError):
            raise found.copy()
        return found


def _attempted(extract: Callable[[], T]) -> T | ExtractionError:
    try:
        return extract()
    except ExtractionError as error:
        return error.copy()


class Stack:
    """Layers that are extracted onto each other, and what the topmost one ends with.

    Args:
        room: Counts down how many more stacks are kept.
    """

    __slots__ = ("_above", "_room", "outcomes")

    def __init__(self, room: list[int]) -> None:
        self.outcomes: Outcomes[None] = Outcomes()
        self._above: dict[Hashable, Stack] = {}
        self._room = room

    def above(self, steps: Dialect, layer: ExtractedLayer) -> Stack:
        """The stack with another layer on top, which is extracted with some steps."""
        key = (steps, layer)
        found = self._above.get(key)
        if found is None:
            found = Stack(self._room)
            if self._room[0] > 0:
                self._room[0] -= 1
                self._above[key] = found
        return found


def empty_stack(base: Entries) -> Stack:
    """The stack without layers that those with a base layer begin with."""
    return base.cached(_empty_stack)


def _empty_stack(_base: Entries) -> Stack:
    return Stack([_STACKS])
