"""The classification of what no engine restores as it is."""

from __future__ import annotations

from checker.verdicts import Classification, Loadable


def not_restorable(loadable_reason: str, importable_reason: str, *advice: str) -> Classification:
    """Neither loaded nor imported.

    Args:
        loadable_reason: Why it is not loaded.
        importable_reason: Why it is not imported.
        advice: What the user can do, one sentence each.
    """
    return Classification(
        producer=None,
        loadable=Loadable.NO,
        loadable_reason=loadable_reason,
        importable=False,
        importable_reason=importable_reason,
        keeps_layers=False,
        keeps_metadata=False,
        restore=None,
        advice=advice,
    )
