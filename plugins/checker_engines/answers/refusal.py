"""The way out of a profile where its engine returns an error."""

from __future__ import annotations

# What rules may say of an archive that an engine refuses; those that do say it are reported.
NO_IMAGE = ("ARC002", "ARC006", "ARC018", "ARC019", "DKR015")
DAMAGED = ("ARC001", "ARC003", "ARC004", "ARC007", "ARC011", "ARC013", "ARC015")
NOT_EXTRACTED = ("ARC009", "ARC012", "ARC016", "ARC020", "ARC021", "ARC022")
LAYER_DAMAGED = ("LYR002", "LYR003", "LYR006", "LYR023", "DKR017")
LAYER_NOT_EXTRACTED = (
    *("LYR004", "LYR005", "LYR007", "LYR008", "LYR009", "LYR012", "LYR013", "LYR014", "LYR017"),
    *("LYR018", "LYR022"),
)
# The same of a root filesystem, which an import takes for a layer.
ROOT_NOT_EXTRACTED = (*NOT_EXTRACTED, *LAYER_NOT_EXTRACTED, "ARC008")


class Refusal(Exception):  # noqa: N818 - an engine's answer, no fault of this program
    """The engine stops here.

    Args:
        message: What it prints, ``<tmp>`` for its temporary folder.
        reason: Why, for a person, and what to do.
        rules: Ids of the rules that may tell of it.
    """

    def __init__(self, message: str, reason: str, rules: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.rules = rules
