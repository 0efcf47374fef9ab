"""The account files that rules look at: passwd(5), group(5), shadow(5)."""

from __future__ import annotations

import re

from checker import ContentRequest
from checker.starting.accounts import (
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    AccountFile,
    Line,
    read_accounts,
)

__all__ = [
    "ACCOUNTS",
    "GROUP",
    "GSHADOW",
    "PASSWD",
    "SHADOW",
    "AccountFile",
    "Line",
    "is_hash",
    "read_accounts",
]

ACCOUNTS = ContentRequest(paths=frozenset({PASSWD, GROUP, SHADOW, GSHADOW}), limit=64 * 1024)
"""The account files; those of an image have a few kilobytes."""

_DES = "[./0-9A-Za-z]*"
_DES_LENGTH = 13


def is_hash(password: str) -> bool:
    """Whether a password field holds a hash that a password can match (crypt(5)).

    ``x``, ``*``, ``!`` and other values that cannot be a hash lock the account.
    """
    if len(password) == _DES_LENGTH and re.fullmatch(_DES, password):
        return True
    return password.startswith(("$", "_"))
