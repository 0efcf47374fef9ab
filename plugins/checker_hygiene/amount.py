"""Numbers of bytes in messages."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")
_STEP = 1000


def amount(count: int) -> str:
    """A number of bytes with three digits, in powers of 1000: ``999 bytes``, ``1.23 MB``."""
    if count < _STEP:
        return f"{count} byte{'' if count == 1 else 's'}"
    value = count / _STEP
    unit = 0
    while value >= _STEP - 0.5 and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} {_UNITS[unit]}"
