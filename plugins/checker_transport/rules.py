"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker.checks.listed import ListedRule, Scope, listed

_DAMAGED = Scope(includes=lambda archive: archive.damage is not None, reason=None)

RULES: tuple[ListedRule, ...] = listed(
    "checker_transport",
    (
        (_DAMAGED,),
        """
TRP001 leading-text
TRP002 converted-line-endings
TRP003 converted-characters
TRP004 archive-as-text
TRP005 web-page
TRP006 json-document
TRP007 git-lfs-pointer
TRP008 saved-message
TRP009 piece-of-split-file
TRP010 other-format
TRP011 encrypted-file
TRP012 unwritten-data
""",
    ),
)
