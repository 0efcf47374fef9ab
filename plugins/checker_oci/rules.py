"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker.checks.listed import ListedRule, listed
from checker_oci.layouts import ALL_ARCHIVES, LAYOUTS

_OF_LAYOUTS: tuple[ListedRule, ...] = listed(
    "checker_oci",
    LAYOUTS,
    """
OCI001 missing-oci-layout
OCI002 invalid-oci-layout
OCI003 unsupported-layout-version
OCI004 missing-index-json
OCI005 invalid-index
OCI006 invalid-manifest
OCI007 invalid-descriptor
OCI008 missing-blob
OCI009 digest-mismatch
OCI010 size-mismatch
OCI011 media-type-mismatch
OCI012 ambiguous-document
OCI013 invalid-blob-name
OCI014 missing-blobs-directory missing-blobs-folder
OCI015 embedded-data-mismatch
OCI016 uncommon-digest-algorithm
OCI017 content-at-urls content-behind-urls
OCI018 unusual-ref-name
OCI019 oversized-document
OCI020 deeply-nested-index
OCI021 missing-media-type
OCI022 missing-platform
OCI023 platform-unlike-config
OCI024 unknown-platform
OCI025 repeated-platform
OCI026 not-one-image
OCI027 mixed-media-types
OCI028 unknown-media-type
OCI029 manifest-without-layers
OCI030 artifact-with-image-config
OCI031 artifact-type-mismatch
OCI032 wrong-empty-descriptor
OCI033 subject-mismatch
OCI034 unsound-attestation
OCI035 unusual-annotation
OCI036 escaping-title
OCI037 contradictory-attestation
OCI038 contradictory-signature
OCI039 malformed-statement
OCI040 incomplete-provenance
OCI041 unsound-sbom
""",
)
# With a key, an archive that cannot contain signatures does not pass either.
_OF_ALL_ARCHIVES = listed(
    "checker_oci",
    ALL_ARCHIVES,
    """
OCI042 unverified-signature
OCI043 image-without-valid-signature
""",
)
RULES = (*_OF_LAYOUTS, *_OF_ALL_ARCHIVES)
"""All rules of the bundle."""
