"""The command that imports, as it is typed into a shell."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from checker.importing.engines import PODMAN
from checker.model.names import Platform
from checker.model.shell import quote_path, quote_word
from checker.records import NamedTuple


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
