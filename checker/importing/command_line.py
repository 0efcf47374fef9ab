"""The command that imports, as it is typed into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from checker.importing.engines import PODMAN
from checker.model.names import Platform
from checker.model.untrusted import utf8

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Origin(StrEnum):
    """Where the root filesystem comes from."""

    FILE = "file"
    STANDARD_INPUT = "standard-input"
    DIRECTORY = "directory"


class ImportCommand(NamedTuple):
    """An import.

    Attributes:
        family: The engine: ``docker`` or ``podman``.
        path: Path of the archive or directory.
        origin: What the path is.
        changes: The ``--change`` options.
        platform: The platform to name; None for that of the host.
        message: The ``--message`` option; empty for none.
        reference: The name of the image; empty for none.
    """

    family: str
    path: str
    origin: Origin
    changes: tuple[str, ...] = ()
    platform: Platform | None = None
    message: str = ""
    reference: str = ""

    def __str__(self) -> str:
        """The command, quoted for a shell."""
        if self.origin is Origin.DIRECTORY:
            return f"tar -C {quote_path(self.path)} -c . | {self._words('-')}"
        if self.origin is Origin.STANDARD_INPUT:
            return self._words("-")
        # Podman takes text before a colon for a transport.
        if self.family == PODMAN and ":" in self.path:
            return f"{self._words('-')} < {quote_path(self.path)}"
        return self._words(quote_path(self.path))

    def _words(self, source: str) -> str:
        return " ".join((self.family, "import", *self._options(), source, *self._name()))

    def _name(self) -> Iterator[str]:
        if self.reference:
            yield quote_word(self.reference)

    def _options(self) -> Iterator[str]:
        if self.platform is not None:
            yield from self._platform_options(self.platform)
        if self.message:
            yield f"--message {quote_word(self.message)}"
        for change in self.changes:
            yield f"--change {quote_word(change)}"

    def _platform_options(self, platform: Platform) -> Iterator[str]:
        if self.family != PODMAN:
            yield f"--platform {quote_word(str(platform))}"
            return
        yield f"--os {quote_word(platform.os)} --arch {quote_word(platform.architecture)}"
        if platform.variant:
            yield f"--variant {quote_word(platform.variant)}"


def quote_word(text: str) -> str:
    """A text as one word of a shell; characters that are not visible are written as escapes."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def quote_path(path: str) -> str:
    """A path as one word that no tool takes for an option, an address or the name of a host."""
    is_file = not path.startswith("-") and ":" not in path.partition("/")[0]
    return quote_word(path if is_file else f"./{path}")


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in utf8(character))
