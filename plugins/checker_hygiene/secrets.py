"""Detection of secrets, which is part of the core: reports mask what it finds."""

from __future__ import annotations

from checker.model.secrets import (
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
    "Suspicion",
    "is_plain_words",
    "is_plausible",
    "is_secret",
    "is_secret_name",
    "name_words",
    "suspect",
    "suspect_text",
]
