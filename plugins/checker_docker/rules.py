"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker.checks.listed import ListedRule, listed, needing_digests
from checker_docker.scopes import (
    CONFIGS_WITH_OTHER_NAMES,
    DOCKER_ARCHIVES,
    FORMAT_BEFORE_2015,
    HYBRIDS,
    LEGACY,
    MANIFEST_JSONS,
    MANY_LAYERS,
    NO_HYBRIDS,
    ODD_NAMES,
    ODD_OR_MISSING_PATHS,
    ODD_PATHS,
    REPOSITORIES_EXPECTED,
    SYMLINKS,
    UNUSUAL_COMPRESSION,
    VERSION_FILES,
    WITH_REPOSITORIES,
)

_TABLES = (
    (
        (MANIFEST_JSONS,),
        """
DKR001 invalid-manifest-json
DKR004 layer-count-mismatch
DKR005 invalid-repository-tag
""",
    ),
    (
        (MANIFEST_JSONS, ODD_OR_MISSING_PATHS),
        """
DKR002 missing-config
DKR003 missing-layer
""",
    ),
    (
        (MANIFEST_JSONS, ODD_PATHS),
        """
DKR008 unportable-path
DKR010 layer-path-reused
""",
    ),
    (
        (MANIFEST_JSONS, ODD_NAMES),
        """
DKR011 repeated-name
DKR012 unnamed-image
""",
    ),
    ((MANIFEST_JSONS, UNUSUAL_COMPRESSION), "DKR017 unreadable-layer-compression"),
    ((REPOSITORIES_EXPECTED,), "DKR006 invalid-repositories"),
    ((FORMAT_BEFORE_2015,), "DKR007 invalid-v1-config"),
    ((LEGACY,), "DKR015 legacy-format"),
    ((MANY_LAYERS,), "DKR016 too-many-layers"),
    ((NO_HYBRIDS, SYMLINKS), "DKR018 dangling-symlink"),
)
_WITH_DIGESTS = (
    ((MANIFEST_JSONS, CONFIGS_WITH_OTHER_NAMES), "DKR009 config-name-mismatch"),
    ((DOCKER_ARCHIVES, WITH_REPOSITORIES), "DKR013 repositories-mismatch"),
    ((HYBRIDS,), "DKR014 docker-oci-mismatch halves-disagree"),
    ((VERSION_FILES,), "DKR019 wrong-version-file"),
)

RULES: tuple[ListedRule, ...] = (
    *listed("checker_docker", *_TABLES),
    *needing_digests(listed("checker_docker", *_WITH_DIGESTS)),
)
"""All rules of the bundle."""
