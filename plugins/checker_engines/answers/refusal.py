"""The exception that ends a profile where its engine returns an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# The rules that can explain why an engine refuses an archive; those with findings are reported.
TRANSPORT = tuple(f"TRP{number:03}" for number in range(1, 13))
NO_IMAGE = ("ARC002", "ARC006", "ARC012", "ARC018", "ARC019", "DKR008", "DKR015", *TRANSPORT)
DAMAGED = (
    "ARC001",
    "ARC003",
    "ARC004",
    "ARC006",
    "ARC007",
    "ARC011",
    "ARC013",
    "ARC015",
    *TRANSPORT,
)
NOT_EXTRACTED = ("ARC009", "ARC012", "ARC016", "ARC020", "ARC021", "ARC022", "DKR018")
# An encrypted layer has content that is damaged, or another one than the config says.
_ENCRYPTED = "OCI028"
LAYER_DAMAGED = ("LYR002", "LYR003", "LYR006", "LYR023", "DKR017", _ENCRYPTED)
LAYER_NOT_EXTRACTED = (
    *("LYR004", "LYR005", "LYR007", "LYR008", "LYR009", "LYR012", "LYR013", "LYR014", "LYR017"),
    *("LYR018", "LYR022"),
)
# The same for a root filesystem, which an import treats as a layer.
ROOT_NOT_EXTRACTED = (*NOT_EXTRACTED, *LAYER_NOT_EXTRACTED, "ARC008")
# The same for documents that cannot be decoded, and for what they say of layers.
BAD_INDEX = ("OCI005", "OCI007", "OCI009", "OCI011", "OCI012")
BAD_MANIFEST = ("OCI006", "OCI007", "OCI009", "OCI011", "OCI012", "OCI027")
BAD_MANIFEST_JSON = ("DKR001", "DKR008", "ARC003", "ARC008", "ARC009")
BAD_CONFIG = (
    "CFG001",
    "CFG013",
    "CFG014",
    "DKR001",
    "DKR008",
    "OCI006",
    "OCI008",
    "OCI009",
)
OTHER_LAYER_COUNT = ("CFG001", "CFG003", "DKR001", "DKR004", "OCI006", "OCI007")
OTHER_LAYER = ("ARC008", "LYR001", "LYR003", "CFG001", "OCI009", "DKR008", _ENCRYPTED)
OTHER_SIZE = ("OCI007", "OCI009", "OCI010", "DKR008")


class Refusal(Exception):  # noqa: N818 - an engine's answer, not an error of this program
    """The engine stops with an error.

    Args:
        message: What it prints, with ``<tmp>`` for its temporary directory.
        reason: The cause in plain words, and what to do.
        rules: IDs of the rules that can explain it.
    """

    def __init__(self, message: str, reason: str, rules: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.rules = rules


@contextmanager
def prefixed(words: str) -> Iterator[None]:
    """Add a prefix to the message of a refusal."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(words + refusal.message, refusal.reason, refusal.rules) from None
