"""What prevents a container from starting, and what is not known about it."""

from __future__ import annotations

from enum import StrEnum

from checker.model.rootfs import RootfsEntry
from checker.records import NamedTuple


class Answer(StrEnum):
    """Whether a container starts; ``UNKNOWN``: the archive does not tell."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """What an obstacle is about, in the order in which a runtime comes to it."""

    NO_COMMAND = "no-command"
    NOT_LINUX = "not-linux"
    INCOMPLETE = "incomplete"
    USER = "user"
    WORKING_DIRECTORY = "working-directory"
    MOUNT_POINT = "mount-point"
    MISSING = "missing"
    PERMISSION = "permission"
    FORMAT = "format"
    INTERPRETER = "interpreter"
    ARCHITECTURE = "architecture"
    LIBRARY = "library"
    WRAPPED = "wrapped"
    TOO_MUCH = "too-much"


class Obstacle(NamedTuple):
    """Why a container does not start, or why that is not known.

    Attributes:
        cause: What it is about.
        reason: Why, as a clause.
        message: What the runtime, the loader or the shell prints; empty if nothing is known.
        is_certain: Whether the container surely does not start.
        path: Cleaned path inside the root that it is about.
        found: The entry that it is about.
        permission: The permission that is missing, ``x`` or ``r``; empty if it is not about one.
    """

    cause: Cause
    reason: str
    message: str = ""
    is_certain: bool = True
    path: str | None = None
    found: RootfsEntry | None = None
    permission: str = ""

    @property
    def text(self) -> str:
        """Message and reason."""
        return f"{self.message}: {self.reason}" if self.message else self.reason


class Budget:
    """How much work may still be done: lookups of paths, for all images of an archive together.

    Args:
        left: How many.
    """

    def __init__(self, left: int) -> None:
        self._left = left

    @property
    def left(self) -> int:
        """How many are left; negative if some were asked for and not made."""
        return self._left

    @property
    def is_spent(self) -> bool:
        """Whether something was not looked up."""
        return self._left <= 0

    def spend(self, count: int = 1) -> bool:
        """Count lookups; whether there is something left."""
        self._left -= count
        return self._left > 0


class Start(NamedTuple):
    """Whether a container starts.

    Attributes:
        answer: The answer.
        reason: Why, as a clause; for yes, what is started.
        message: What the runtime prints if it does not; empty if nothing is known.
        command: The command line.
        cause: What it is about; None for yes.
    """

    answer: Answer
    reason: str
    message: str = ""
    command: tuple[str, ...] = ()
    cause: Cause | None = None

    @property
    def text(self) -> str:
        """Message and reason."""
        return f"{self.message}: {self.reason}" if self.message else self.reason
