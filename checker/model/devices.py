"""The device nodes that every root filesystem has."""

from __future__ import annotations

from checker.model.entries import CHARACTER_DEVICE

# null, zero, full, random, urandom; tty, console, ptmx.
_USUAL = frozenset({*((1, minor) for minor in (3, 5, 7, 8, 9)), (5, 0), (5, 1), (5, 2)})


def is_usual_device(kind: str, path: str, numbers: tuple[int, int]) -> bool:
    """Whether a device is one of those that a small ``/dev`` has, such as ``null`` and ``tty``.

    Sources: Linux, Documentation/admin-guide/devices.txt; what debootstrap makes.

    Args:
        kind: Type of the entry.
        path: Its cleaned path.
        numbers: Major and minor number.
    """
    return kind == CHARACTER_DEVICE and path.startswith("dev/") and numbers in _USUAL
