"""Detection of secrets, which is part of the core: reports mask what it finds."""

from __future__ import annotations

from checker.model.secrets import (
    MOST_NAMES,
    Suspicion,
    is_plain_words,
    is_plausible,
    is_secret,
    is_secret_name,
    name_words,
    suspect,
    suspect_text,
)

__all__ = [
    "MOST_NAMES",
    "Suspicion",
    "is_plain_words",
    "is_plausible",
    "is_secret",
    "is_secret_name",
    "name_words",
    "suspect",
    "suspect_text",
]
