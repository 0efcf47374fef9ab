"""Kinds of archive that are neither an image archive nor a root filesystem, but have a reader."""

from __future__ import annotations

from typing import NamedTuple


class KnownKind(NamedTuple):
    """What an archive is recognised as, and what reads it.

    Attributes:
        name: Name in kebab case, such as ``oci-runtime-bundle``.
        title: What it is, in words, with an article: ``an OCI runtime bundle``.
        readers: The tools that read it.
        command: A command that reads it; ``{path}`` stands for the archive, quoted for a shell.
    """

    name: str
    title: str
    readers: str
    command: str | None = None
