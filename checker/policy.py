"""The requirements of users as settings state them; a plugin makes rules of them."""

from __future__ import annotations

from checker.records import NamedTuple
from checker.settings_file import Origin


class PolicyFile(NamedTuple):
    """A file that settings name, with the place where they do.

    Attributes:
        path: The path, relative to the working directory.
        place: What precedes a message about it: file, line and key; empty for the command line.
    """

    path: str
    place: str = ""


class Policy(NamedTuple):
    """What users require of archives.

    Attributes:
        tables: The tables ``[[require]]`` of the settings.
        files: Files with such tables.
        structure_tests: Files of container-structure-test.
    """

    tables: tuple[Origin, ...] = ()
    files: tuple[PolicyFile, ...] = ()
    structure_tests: tuple[PolicyFile, ...] = ()

    @property
    def key(self) -> str:
        """The key of the settings that states it, for messages."""
        keys = {"require": self.tables, "policy": self.files}
        return next((key for key, stated in keys.items() if stated), "structure-test")
