"""What a program that unpacks a tar has done."""

from __future__ import annotations

from checker.records import NamedTuple


class Unpacking(NamedTuple):
    """What a program has done.

    Attributes:
        lines: What it printed on standard error.
        failed: Whether it exits with a failure.
        position: Position of the first entry that was not unpacked; -1 without one.
        cause: The cause of the failure, or of what is missing in spite of success, for a person.
        rules: IDs of the rules that can explain it.
    """

    lines: tuple[str, ...] = ()
    failed: bool = False
    position: int = -1
    cause: str = ""
    rules: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What it printed."""
        return "\n".join(self.lines)
