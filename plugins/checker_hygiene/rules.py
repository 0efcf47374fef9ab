"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker import Check
from checker.checks.listed import ListedRule, listed
from checker.checks.scopes import IMAGES
from checker_hygiene.credential_file import CredentialFile
from checker_hygiene.deleted_secret import DeletedSecret
from checker_hygiene.scopes import (
    ADDITIONS,
    CACHES,
    LABELS,
    LAYOUTS,
    NAMES_WITHOUT_A_VERSION,
    SEVERAL_LAYERS,
    SUDO,
    UNWATCHED,
    UPGRADES,
    VARIABLES,
    VOLUMES,
)
from checker_hygiene.secret_in_file import SecretInFile
from checker_hygiene.unnecessary_file import UnnecessaryFile

_TABLES = (
    (
        (),
        """
HYG001 user-is-root
HYG004 update-without-install
HYG008 secret-in-history
""",
    ),
    (
        (SEVERAL_LAYERS,),
        """
HYG016 deleted-file
HYG017 wasteful-layers
HYG018 file-in-several-layers
""",
    ),
    ((UNWATCHED,), "HYG002 missing-healthcheck"),
    ((VARIABLES,), "HYG006 secret-in-environment"),
    # If a history is too long for the limits, update-without-install tells it.
    ((ADDITIONS,), "HYG005 add-instead-of-copy"),
    ((SUDO,), "HYG009 sudo-in-build"),
    ((UPGRADES,), "HYG011 distribution-upgrade"),
    ((IMAGES,), "HYG013 missing-label"),
    ((IMAGES, NAMES_WITHOUT_A_VERSION), "HYG012 latest-tag"),
    ((LAYOUTS,), "HYG003 missing-signature"),
    ((LABELS,), "HYG007 secret-in-label"),
    ((VOLUMES,), "HYG010 volume-over-system-directory volume-over-system-folder"),
    ((CACHES,), "HYG019 package-cache"),
)

RULES: tuple[type[Check] | ListedRule, ...] = (
    *listed("checker_hygiene", *_TABLES),
    CredentialFile,
    DeletedSecret,
    UnnecessaryFile,
    SecretInFile,
)
"""All rules of the bundle."""
