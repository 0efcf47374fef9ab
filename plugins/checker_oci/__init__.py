"""OCI: the image layout, its index, manifests and descriptors."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.hookspecs import hookimpl


@hookimpl
def checker_checks() -> Iterator[type[Check]]:
    """Give the rules of this bundle."""
    from checker_oci.digest_mismatch import DigestMismatch
    from checker_oci.invalid_descriptor import InvalidDescriptor
    from checker_oci.invalid_index import InvalidIndex
    from checker_oci.invalid_manifest import InvalidManifest
    from checker_oci.invalid_oci_layout import InvalidOciLayout
    from checker_oci.media_type_mismatch import MediaTypeMismatch
    from checker_oci.missing_blob import MissingBlob
    from checker_oci.missing_index_json import MissingIndexJson
    from checker_oci.missing_oci_layout import MissingOciLayout
    from checker_oci.size_mismatch import SizeMismatch
    from checker_oci.unsupported_layout_version import UnsupportedLayoutVersion

    yield MissingOciLayout
    yield InvalidOciLayout
    yield UnsupportedLayoutVersion
    yield MissingIndexJson
    yield InvalidIndex
    yield InvalidManifest
    yield InvalidDescriptor
    yield MissingBlob
    yield DigestMismatch
    yield SizeMismatch
    yield MediaTypeMismatch
