"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker.checks.listed import ListedRule, listed, needing_digests
from checker_layers.scopes import (
    ATTRIBUTES,
    DOUBTFUL_HARD_LINKS,
    ESCAPING_PATHS,
    IMPOSSIBLE_PATHS,
    LARGE_IDS,
    LAYERED_ODDLY,
    LAYERS,
    ODD_LAYERS,
    ODD_PATHS,
    PATHS_OF_MACOS,
    PATHS_OF_WINDOWS,
    REPEATED_LAYERS,
    REPEATED_PATHS,
    SPARSE_FILES,
    TREES,
    UNLIKE_THEIR_IMAGE,
    UNUSUAL_DEVICES,
    UPPER_CASE_PATHS,
    WHITEOUT_NAMES,
    WINDOWS_LAYOUTS,
)

_TABLES = (
    (
        (LAYERS, ODD_LAYERS),
        """
LYR003 layer-not-a-tar
LYR006 damaged-layer
LYR007 unsupported-layer-entry
LYR021 empty-layer
LYR023 layer-skippable-frame-first
""",
    ),
    (
        (LAYERS, WHITEOUT_NAMES),
        """
LYR010 whiteout-of-nothing
LYR011 discouraged-whiteout
""",
    ),
    (
        (TREES, WHITEOUT_NAMES),
        """
LYR008 whiteout-collision
LYR009 malformed-whiteout
""",
    ),
    ((LAYERS, SPARSE_FILES), "LYR016 sparse-file"),
    ((TREES, ATTRIBUTES), "LYR017 attribute-not-kept"),
    ((LAYERS, UNUSUAL_DEVICES), "LYR022 layer-device-node"),
    ((LAYERS, REPEATED_PATHS), "LYR004 duplicate-path"),
    ((TREES, DOUBTFUL_HARD_LINKS), "LYR005 missing-hard-link-target"),
    ((TREES, LAYERED_ODDLY), "LYR012 path-through-non-directory"),
    ((LAYERS, ESCAPING_PATHS), "LYR013 escaping-layer-path"),
    ((TREES, IMPOSSIBLE_PATHS), "LYR014 impossible-path"),
    ((LAYERS, ODD_PATHS), "LYR015 odd-layer-path"),
    ((TREES, LARGE_IDS), "LYR018 id-out-of-range"),
    ((TREES, UPPER_CASE_PATHS), "LYR019 paths-differ-by-case"),
    ((LAYERS, WINDOWS_LAYOUTS), "LYR025 layer-unlike-platform"),
    ((TREES, PATHS_OF_WINDOWS), "LYR026 windows-path"),
    ((TREES, PATHS_OF_MACOS), "LYR027 mac-metadata"),
)
_WITH_DIGESTS = (
    (
        (UNLIKE_THEIR_IMAGE,),
        """
LYR001 diff-id-mismatch
LYR002 media-type-unlike-compression
LYR024 non-distributable-layer
""",
    ),
    ((LAYERS, REPEATED_LAYERS), "LYR020 repeated-layer"),
)

RULES: tuple[ListedRule, ...] = (
    *listed("checker_layers", *_TABLES),
    *needing_digests(listed("checker_layers", *_WITH_DIGESTS)),
)
"""All rules of the bundle."""
