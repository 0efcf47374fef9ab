"""Signals of Linux as engines name them (moby/sys signal 0.7, signal_linux.go)."""

from __future__ import annotations

from checker.importing.go_text import GoError, parse_integer

_RTMIN, _RTMAX = 34, 64
_IN_ORDER = (
    *("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2"),
    *("PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG"),
    *("XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"),
)
_NUMBERS = {
    **{name: number for number, name in enumerate(_IN_ORDER, 1)},
    **{f"RTMIN+{n}": _RTMIN + n for n in range(1, 16)},
    **{f"RTMAX-{n}": _RTMAX - n for n in range(1, 15)},
    "IOT": 6,
    "CLD": 17,
    "POLL": 29,
    "RTMIN": _RTMIN,
    "RTMAX": _RTMAX,
}
_BITS = 64


def signal_number(text: str) -> int | None:
    """The number of a signal, which may be given as one; None if engines refuse it."""
    try:
        return parse_integer(text, "Atoi", _BITS) or None
    except GoError:
        return _NUMBERS.get(text.upper().removeprefix("SIG"))
