"""Profiles: sets of settings for purposes, which settings extend.

A profile has the keys of the settings file. The settings file and the command line have precedence
over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from checker.records import NamedTuple


class Profile(NamedTuple):
    """A set of settings.

    Attributes:
        summary: What it is for, in one sentence.
        settings: The settings, as in a settings file.
    """

    summary: str
    settings: Mapping[str, object] = MappingProxyType({})


def _errors(rules: Iterable[str]) -> dict[str, object]:
    return {"severity": dict.fromkeys(rules, "error")}


_SECURITY = (
    *("HYG006", "HYG007", "HYG008", "HYG014", "HYG015", "HYG021"),  # secrets
    *("RFS016", "RFS017", "RFS018"),  # world-writable, setuid, capabilities
    *("RFS020", "RFS021", "RFS023"),  # passwords, account files, keys that are not unique
    *("ARC009", "LYR013", "OCI036", "ARC022", "LYR022"),  # names that escape, device nodes
)
_RELEASE = (
    *("HYG012", "HYG013", "DKR012"),  # latest, labels, names
    *("OCI022", "CFG005", "OCI024"),  # platforms
)

PROFILES: Mapping[str, Profile] = {
    "default": Profile("Errors fail the run."),
    "strict": Profile("Warnings fail the run too.", {"fail-on": "warning"}),
    "security": Profile(
        "Secrets, setuid programs, files that everyone can write, weak accounts, device nodes and "
        "names that escape are errors.",
        _errors(_SECURITY),
    ),
    "release": Profile(
        "What `security` reports; the tag latest, images without a name, missing labels and "
        "missing or unknown platforms are errors as well.",
        _errors((*_SECURITY, *_RELEASE)),
    ),
}
"""The profiles by name."""
