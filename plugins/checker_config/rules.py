"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker.checks.listed import ListedRule, listed
from checker.checks.scopes import IMAGES
from checker_config.scopes import (
    FUTURE_DATES,
    HEALTH_CHECKS,
    LABELS,
    ODD_COUNTS,
    ODD_ROOTFS_TYPES,
    ODD_USERS,
    RELATIVE_DIRECTORIES,
    REPEATED_VARIABLES,
    STOP_SIGNALS,
    TRIGGERS,
    UNSOUND_PATHS,
    UNUSUAL_PLATFORMS,
    VOLUMES,
)

_TABLES = (
    (
        (IMAGES, ODD_COUNTS),
        """
CFG003 diff-ids-count-mismatch
CFG004 history-mismatch
""",
    ),
    ((IMAGES,), "CFG001 invalid-config"),
    ((FUTURE_DATES,), "CFG006 created-in-future"),
    ((UNSOUND_PATHS,), "CFG008 unsound-search-path"),
    ((ODD_ROOTFS_TYPES,), "CFG002 wrong-rootfs-type"),
    ((UNUSUAL_PLATFORMS,), "CFG005 unknown-config-platform"),
    ((REPEATED_VARIABLES,), "CFG007 repeated-environment-variable"),
    ((VOLUMES,), "CFG009 invalid-volume"),
    ((ODD_USERS,), "CFG010 invalid-user"),
    ((RELATIVE_DIRECTORIES,), "CFG011 relative-working-directory"),
    ((STOP_SIGNALS,), "CFG012 unknown-stop-signal"),
    ((HEALTH_CHECKS,), "CFG013 invalid-healthcheck"),
    ((TRIGGERS,), "CFG014 onbuild-trigger"),
    ((LABELS,), "CFG015 unusual-label"),
)

RULES: tuple[ListedRule, ...] = listed("checker_config", *_TABLES)
"""All rules of the bundle."""
