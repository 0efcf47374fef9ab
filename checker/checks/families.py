"""The families of rules: what the letters of an ID stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "TRP": "what happened to the file in transport",
        "ARC": "the outer tar",
        "DKR": "the Docker image archive",
        "OCI": "the OCI image layout",
        "CFG": "the config of an image",
        "LYR": "a layer",
        "RFS": "the root filesystem",
        "HYG": "good practice",
        "ENG": "commands and engines",
        "POL": "what a policy requires",
    }
)
"""The families of the rules of the checker, and their subjects."""

_LETTERS = re.compile(r"[A-Z]+")


def family_of(rule: str) -> str:
    """The letters of the ID of a rule: ``ARC`` for ``ARC003``."""
    found = _LETTERS.match(rule)
    return rule if found is None else found[0]
