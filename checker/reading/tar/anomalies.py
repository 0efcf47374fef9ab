"""Irregularities of a tar, and which limits it reaches, noted while it is walked."""

from __future__ import annotations

from checker.model.limits import LimitReached, Limits
from checker.model.tar import Anomaly, AnomalyKind
from checker.typing_names import NoReturn

_LIMITS_NOTED = 20


class WalkEnded(Exception):  # noqa: N818 - control flow inside this package, not an error
    """The walk ends here; the anomaly or limit is noted already."""


class AnomalyLog:
    """Collects anomalies and limits, bounded.

    Args:
        limits: Bounds on anomalies; the fatal one is always noted.

    Attributes:
        anomalies: As they were met.
        limits_reached: Likewise.
        head: The first bytes of what is not a tar; else empty.
    """

    def __init__(self, limits: Limits) -> None:
        self.anomalies: list[Anomaly] = []
        self.limits_reached: list[LimitReached] = []
        self.head = b""
        self._most = limits.anomalies

    def note(self, kind: AnomalyKind, offset: int, detail: str, name: bytes | None = None) -> None:
        """Note an anomaly that readers overlook."""
        if len(self.anomalies) < self._most:
            self.anomalies.append(Anomaly(kind, offset, detail, _decoded(name)))

    def note_fatal(
        self, kind: AnomalyKind, offset: int, detail: str, name: bytes | None = None
    ) -> None:
        """Note an anomaly at which readers end with an error."""
        self.anomalies.append(Anomaly(kind, offset, detail, _decoded(name), fatal=True))

    def note_not_a_tar(self, head: bytes, detail: str) -> None:
        """Note that the input is not a tar, by its first bytes."""
        self.head = head
        self.note_fatal(AnomalyKind.NOT_A_TAR, 0, detail)

    def note_limit(self, reached: LimitReached) -> None:
        """Note a limit, as often as a reader of the report may want to see it."""
        noted = sum(other.limit == reached.limit for other in self.limits_reached)
        if noted < _LIMITS_NOTED:
            self.limits_reached.append(reached)

    def stop(
        self, kind: AnomalyKind, offset: int, detail: str, name: bytes | None = None
    ) -> NoReturn:
        """Note a fatal anomaly and end the walk.

        Raises:
            WalkEnded: Always.
        """
        self.note_fatal(kind, offset, detail, name)
        raise WalkEnded

    def stop_not_a_tar(self, head: bytes, detail: str) -> NoReturn:
        """Note that the input is not a tar, and end the walk.

        Raises:
            WalkEnded: Always.
        """
        self.note_not_a_tar(head, detail)
        raise WalkEnded

    def stop_at_limit(self, limit: str, value: int, what: str, offset: int) -> NoReturn:
        """Note a limit and end the walk.

        Raises:
            WalkEnded: Always.
        """
        self.note_limit(
            LimitReached(
                limit=limit,
                value=value,
                what=f"reading stopped before the end: too many {what}",
                offset=offset,
            ),
        )
        raise WalkEnded


def decode_name(raw: bytes) -> str:
    """A name as text; bytes that are not UTF-8 become surrogates, as Python has it for paths."""
    return raw.decode("utf-8", "surrogateescape")


def _decoded(name: bytes | None) -> str | None:
    return None if name is None else decode_name(name)
