"""Kinds of archive that are neither an image archive nor a root filesystem, but have a reader."""

from __future__ import annotations

from checker.model.shell import quote_word
from checker.records import NamedTuple

SKOPEO_DIRECTORY = "skopeo-directory"
"""The name of skopeo's dir: layout, the one of these kinds that holds an image."""


class KnownKind(NamedTuple):
    """What an archive is recognised as, and what reads it.

    Attributes:
        name: Name in kebab case, such as ``oci-runtime-bundle``.
        title: What it is, in words, with an article: ``an OCI runtime bundle``.
        readers: The tools that read it.
        command: A command that reads it; ``{path}`` stands for the archive, quoted for a shell,
            and ``{below}`` for the directory in it, with a slash before it.
        directory_command: A command that reads it from the directory ``{path}``, quoted likewise.
        directory: The directory in the archive that it is in; empty if it is the top.
    """

    name: str
    title: str
    readers: str
    command: str | None = None
    directory_command: str | None = None
    directory: str = ""

    @property
    def reason(self) -> str:
        """Why engines do not restore it from a tar, in words."""
        if self.name == SKOPEO_DIRECTORY:
            return f"it is {self.title}, which engines do not read from a tar"
        return f"it is {self.title}, not a container image"

    def command_for(self, path: str) -> str | None:
        """The command for an archive.

        Args:
            path: Its path, quoted for a shell.
        """
        if self.command is None or (self.directory and "{below}" not in self.command):
            return None
        below = f"/{quote_word(self.directory)}" if self.directory else ""
        return self.command.format(path=path, below=below)

    def command_for_directory(self, path: str) -> str | None:
        """The command for a directory.

        Args:
            path: The path of the directory that has the files of the kind, quoted for a shell.
        """
        return None if self.directory_command is None else self.directory_command.format(path=path)
