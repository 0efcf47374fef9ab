"""CFG012: an unknown stop signal."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.image import text
from checker_config.configs import is_windows, label

_LARGEST = 64
_NAMES = frozenset(
    {
        *("ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT"),
        *("KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM"),
        *("TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ"),
        *("RTMIN", "RTMAX"),
        *(f"RTMIN+{n}" for n in range(1, 31)),
        *(f"RTMAX-{n}" for n in range(1, 31)),
    },
)


class UnknownStopSignal(Check):
    """``StopSignal`` of a config is not a signal.

    What it means:
        ``config.StopSignal`` is the name of a signal, such as ``SIGTERM`` or ``SIGRTMIN+3``, with
        or without ``SIG``, or its number from 1 to 64. The value is neither. Images for Windows are
        ignored.

    Why it matters:
        Engines refuse to create a container of the image (``Invalid signal``), or stop it with a
        different signal, so that it does not shut down gracefully.

    How to fix it:
        Correct ``STOPSIGNAL`` in the Dockerfile and rebuild the image.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (StopSignal)
        - moby/sys, signal/signal_linux.go
    """

    id = "CFG012"
    name = "unknown-stop-signal"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Look up the signal."""
        signal = text(config.settings.get("StopSignal"))
        if signal and not is_windows(config) and not _is_signal(signal):
            yield self.finding(
                config,
                f'{label(config)}: StopSignal is "{signal}", which is not a Linux signal; expected '
                f"a name such as SIGTERM, or a number from 1 to {_LARGEST}",
                at={"pointer": "/config/StopSignal"},
            )


def _is_signal(signal: str) -> bool:
    if signal.isascii() and signal.isdecimal():
        return signal.lstrip("0") in {str(number) for number in range(1, _LARGEST + 1)}
    return signal.upper().removeprefix("SIG") in _NAMES
