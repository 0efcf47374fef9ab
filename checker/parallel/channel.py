"""Messages from a worker, over a pipe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct

from checker.records import NamedTuple

_HEAD = Struct("<BIQ")
_PIECE = 1 << 20


class Kind(IntEnum):
    """What a message says.

    ``REACHED``: how far the reading has come. ``DONE``: the result. ``UNDELIVERED``: there is none
    that can be sent. ``NO_MEMORY``: there was not enough memory for it.
    """

    REACHED = 1
    DONE = 2
    UNDELIVERED = 3
    NO_MEMORY = 4


class Message(NamedTuple):
    """A message.

    Attributes:
        kind: What it says.
        number: The archive that it is about.
        data: What else it says, pickled.
    """

    kind: Kind
    number: int
    data: bytes = b""


def send(descriptor: int, message: Message) -> None:
    """Write a message.

    Raises:
        OSError: Nobody reads it.
    """
    head = _HEAD.pack(message.kind, message.number, len(message.data))
    for part in (head, message.data):
        view = memoryview(part)
        while view:
            view = view[os.write(descriptor, view) :]


class Inbox:
    """The messages of one worker, as they arrive.

    Args:
        descriptor: Where they are read.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._bytes = bytearray()

    def receive(self) -> Iterator[Message] | None:
        """Read what is there; the messages that are whole by now, or None at the end."""
        piece = os.read(self._descriptor, _PIECE)
        if not piece:
            return None
        self._bytes += piece
        return self._whole()

    def _whole(self) -> Iterator[Message]:
        while len(self._bytes) >= _HEAD.size:
            kind, number, size = _HEAD.unpack_from(self._bytes)
            end = _HEAD.size + size
            if len(self._bytes) < end:
                return
            data = bytes(memoryview(self._bytes)[_HEAD.size : end])
            del self._bytes[:end]
            yield Message(Kind(kind), number, data)
