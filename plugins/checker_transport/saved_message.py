"""TRP008: the message of a command, or other text, instead of the archive."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding
from checker.model.damage import SavedText, TextKind
from checker_transport.transport import TransportCheck, quote

_WORDS = {
    TextKind.ENGINE_MESSAGE: "the error message of a command",
    TextKind.USAGE: "the usage text of a command",
    TextKind.CHECKSUMS: "a list of checksums",
    TextKind.ADDRESS: "a web address",
    TextKind.PATH: "the path of a file, as Git writes a symbolic link where there are none",
    TextKind.TEXT: "text",
}
_AGAIN = "write the archive to a file: docker save -o image.tar IMAGE"
_FIXES = {
    TextKind.ENGINE_MESSAGE: "correct the cause that the message names, then " + _AGAIN,
    TextKind.USAGE: "correct the command line: docker save -o image.tar IMAGE",
    TextKind.CHECKSUMS: "check the file that it names",
    TextKind.ADDRESS: "download what is there",
    TextKind.PATH: "check the file that it names",
    TextKind.TEXT: _AGAIN,
}


class SavedMessage(TransportCheck):
    """The file is the message of a command, or other text.

    What it means:
        The file contains text. Often it is what a failed command printed, saved in place of the
        archive: "Error response from daemon: No such image", or a usage text. The message quotes
        its first line. Other texts lead to the archive: its web address, its path, a list of
        checksums.

    Why it matters:
        The command that should have written the archive failed. In a script without `set -e`, and
        in a pipeline without `set -o pipefail`, this goes unnoticed. Where Git has no symbolic
        links, as on Windows, it writes a link as a file with the path.

    How to fix it:
        Correct the cause that the text names and run the command again, with an option for the
        output file and a check of the exit code:

            docker save -o image.tar app:1 || exit 1

    References:
        - Docker CLI reference, docker image save: --output
        - POSIX.1-2024, Shell Command Language, set -o pipefail
    """

    id = "TRP008"
    name = "saved-message"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Report text."""
        damage = archive.damage
        words = _WORDS.get(damage.kind) if isinstance(damage, SavedText) else None
        if not isinstance(damage, SavedText) or words is None:
            return
        encoding = f" in {damage.encoding}" if damage.encoding else ""
        yield self.finding(
            archive,
            f"the file is {words}{encoding}, not an archive: {quote(damage.quote)}",
            at={"offset": 0},
            fix=_FIXES[damage.kind],
        )
