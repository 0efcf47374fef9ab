"""The rules of this bundle, by the archives in which they can find anything."""

from __future__ import annotations

from checker.checks.listed import ListedRule, listed, needing_digests
from checker_oci.layouts import ALL_ARCHIVES, LAYOUTS
from checker_oci.scopes import MORE_THAN_PLAIN_IMAGES, PLATFORMS

_TABLES = (
    (
        (LAYOUTS,),
        """
OCI001 missing-oci-layout
OCI002 invalid-oci-layout
OCI003 unsupported-layout-version
OCI004 missing-index-json
OCI005 invalid-index
OCI006 invalid-manifest
OCI007 invalid-descriptor
OCI008 missing-blob
OCI011 media-type-mismatch
OCI012 ambiguous-document
OCI013 invalid-blob-name
OCI014 missing-blobs-directory missing-blobs-folder
OCI018 unusual-ref-name
OCI019 oversized-document
OCI021 missing-media-type
OCI024 unknown-platform
OCI026 not-one-image
OCI027 mixed-media-types
OCI029 manifest-without-layers
OCI035 unusual-annotation
OCI036 escaping-title
""",
    ),
    (
        (LAYOUTS, MORE_THAN_PLAIN_IMAGES),
        """
OCI015 embedded-data-mismatch
OCI016 uncommon-digest-algorithm
OCI017 content-at-urls content-behind-urls
OCI020 deeply-nested-index
OCI022 missing-platform
OCI028 unknown-media-type
OCI030 artifact-with-image-config
OCI031 artifact-type-mismatch
OCI032 wrong-empty-descriptor
OCI033 subject-mismatch
OCI034 unsound-attestation
OCI037 contradictory-attestation
OCI038 contradictory-signature
OCI039 malformed-statement
OCI040 incomplete-provenance
OCI041 unsound-sbom
""",
    ),
    (
        (LAYOUTS, PLATFORMS),
        """
OCI023 platform-unlike-config
OCI025 repeated-platform
""",
    ),
)
_WITH_DIGESTS = (
    (
        (LAYOUTS,),
        """
OCI009 digest-mismatch
OCI010 size-mismatch
""",
    ),
    (
        # With a key, an archive that cannot contain signatures does not pass either.
        (ALL_ARCHIVES,),
        """
OCI042 unverified-signature
OCI043 image-without-valid-signature
""",
    ),
)

RULES: tuple[ListedRule, ...] = (
    *listed("checker_oci", *_TABLES),
    *needing_digests(listed("checker_oci", *_WITH_DIGESTS)),
)
"""All rules of the bundle."""
