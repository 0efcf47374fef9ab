"""How a finding can be fixed: in words, and where possible as something to run or to edit."""

from __future__ import annotations

import json

from checker.model.shell import quote_word
from checker.records import NamedTuple
from checker.typing_names import TypeAlias


class Command(NamedTuple):
    """A shell command that fixes the archive or its source.

    Attributes:
        line: The command, in one line. ``FILE`` is the archive, ``FIXED`` what is written.
    """

    line: str

    @property
    def text(self) -> str:
        """The command."""
        return self.line


class DockerfileEdit(NamedTuple):
    """Instructions that the Dockerfile should have.

    Attributes:
        instructions: The instructions, a line each, such as ``USER 10001``.
    """

    instructions: str

    @property
    def text(self) -> str:
        """The instructions in one line."""
        return "; ".join(self.instructions.splitlines())


class DocumentEdit(NamedTuple):
    """A change to a JSON document of the archive.

    Attributes:
        document: The document: path of the member, or digest of the blob.
        pointer: What to change, as a JSON pointer (RFC 6901).
        value: The new value, as JSON gives it.
        remove: Whether to remove it instead.
    """

    document: str
    pointer: str
    value: object = None
    remove: bool = False

    @property
    def text(self) -> str:
        """The change in words."""
        if self.remove:
            return f"remove {self.pointer} from {self.document}"
        return f"set {self.pointer} of {self.document} to {json.dumps(self.value)}"


Change: TypeAlias = Command | DockerfileEdit | DocumentEdit


class Fix(NamedTuple):
    """What to do about a finding.

    Attributes:
        title: What to do, in words, such as ``add the missing directory entry``.
        change: How, where one command or edit does it.
    """

    title: str
    change: Change | None = None

    @property
    def text(self) -> str:
        """The fix in one line."""
        return self.title if self.change is None else f"{self.title}: {self.change.text}"


def quoted(*words: str) -> str:
    """Words of an archive as a shell takes them."""
    return " ".join(map(quote_word, words))


def as_fix(fix: Fix | str | None) -> Fix | None:
    """A fix as a record; a string is the title of one."""
    return Fix(fix) if isinstance(fix, str) else fix
