"""CFG010: a malformed user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checker import Check, Config, Finding, Severity
from checker.model.image import text
from checker_config.configs import is_windows, label

_LARGEST = 2**31 - 1
"""The largest ID that Docker and runc accept."""


class InvalidUser(Check):
    """``User`` of a config is not of the form ``user`` or ``user:group``.

    What it means:
        ``config.User`` is a name or number, optionally followed by a colon and a group. A part is
        empty or contains white space, or there is more than one colon; or a number is negative or
        above 2147483647, which is an error. Whether the name is listed in ``/etc/passwd`` is
        checked by RFS007. Images for Windows are ignored.

    Why it matters:
        Containers of the image do not start: ``unable to find user``, ``uids and gids must be in
        range 0-2147483647``.

    How to fix it:
        Correct ``USER`` in the Dockerfile and rebuild the image:

            before:  USER app: staff
            after:   USER app:staff

    References:
        - OCI image-spec 1.1, config.md, "Properties" (User)
        - moby/sys, user/user.go, GetExecUser
    """

    id = "CFG010"
    name = "invalid-user"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_config(self, config: Config) -> Iterator[Finding]:
        """Check the parts of the user."""
        user = text(config.settings.get("User"))
        if not user or is_windows(config):
            return
        out_of_range = [part for part in user.split(":") if _is_number_out_of_range(part)]
        what = f"the ID {out_of_range[0]} is out of range" if out_of_range else _fault(user)
        if what is not None:
            yield self.finding(
                config,
                f'{label(config)}: User is "{user}": {what}; expected user or user:group, with IDs '
                f"from 0 to {_LARGEST}",
                at={"pointer": "/config/User"},
                severity=Severity.ERROR if out_of_range else None,
            )


def _is_number_out_of_range(part: str) -> bool:
    digits = part.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return False
    significant = digits.lstrip("0")
    # Compared as text: a hostile number may have more digits than Python converts.
    padded = significant.zfill(len(str(_LARGEST)))
    return part.startswith("-") or (len(padded), padded) > (len(str(_LARGEST)), str(_LARGEST))


def _fault(user: str) -> str | None:
    parts = user.split(":")
    if len(parts) > len(("user", "group")):
        return "it has more than one colon"
    if not all(parts):
        return "a part is empty"
    return "it contains white space" if re.search(r"\s", user) else None
