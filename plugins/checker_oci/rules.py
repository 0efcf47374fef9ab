"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_oci.ambiguous_document import AmbiguousDocument
from checker_oci.artifact_type_mismatch import ArtifactTypeMismatch
from checker_oci.artifact_with_image_config import ArtifactWithImageConfig
from checker_oci.content_at_urls import ContentAtUrls
from checker_oci.contradictory_attestation import ContradictoryAttestation
from checker_oci.contradictory_signature import ContradictorySignature
from checker_oci.deeply_nested_index import DeeplyNestedIndex
from checker_oci.digest_mismatch import DigestMismatch
from checker_oci.embedded_data_mismatch import EmbeddedDataMismatch
from checker_oci.escaping_title import EscapingTitle
from checker_oci.image_without_valid_signature import ImageWithoutValidSignature
from checker_oci.incomplete_provenance import IncompleteProvenance
from checker_oci.invalid_blob_name import InvalidBlobName
from checker_oci.invalid_descriptor import InvalidDescriptor
from checker_oci.invalid_index import InvalidIndex
from checker_oci.invalid_manifest import InvalidManifest
from checker_oci.invalid_oci_layout import InvalidOciLayout
from checker_oci.malformed_statement import MalformedStatement
from checker_oci.manifest_without_layers import ManifestWithoutLayers
from checker_oci.media_type_mismatch import MediaTypeMismatch
from checker_oci.missing_blob import MissingBlob
from checker_oci.missing_blobs_directory import MissingBlobsDirectory
from checker_oci.missing_index_json import MissingIndexJson
from checker_oci.missing_media_type import MissingMediaType
from checker_oci.missing_oci_layout import MissingOciLayout
from checker_oci.missing_platform import MissingPlatform
from checker_oci.mixed_media_types import MixedMediaTypes
from checker_oci.not_one_image import NotOneImage
from checker_oci.oversized_document import OversizedDocument
from checker_oci.platform_unlike_config import PlatformUnlikeConfig
from checker_oci.repeated_platform import RepeatedPlatform
from checker_oci.size_mismatch import SizeMismatch
from checker_oci.subject_mismatch import SubjectMismatch
from checker_oci.uncommon_digest_algorithm import UncommonDigestAlgorithm
from checker_oci.unknown_media_type import UnknownMediaType
from checker_oci.unknown_platform import UnknownPlatform
from checker_oci.unsound_attestation import UnsoundAttestation
from checker_oci.unsound_sbom import UnsoundSbom
from checker_oci.unsupported_layout_version import UnsupportedLayoutVersion
from checker_oci.unusual_annotation import UnusualAnnotation
from checker_oci.unusual_ref_name import UnusualRefName
from checker_oci.unverified_signature import UnverifiedSignature
from checker_oci.wrong_empty_descriptor import WrongEmptyDescriptor

RULES: tuple[type[Check], ...] = (
    MissingOciLayout,
    InvalidOciLayout,
    UnsupportedLayoutVersion,
    MissingIndexJson,
    InvalidIndex,
    InvalidManifest,
    InvalidDescriptor,
    MissingBlob,
    DigestMismatch,
    SizeMismatch,
    MediaTypeMismatch,
    AmbiguousDocument,
    InvalidBlobName,
    MissingBlobsDirectory,
    EmbeddedDataMismatch,
    UncommonDigestAlgorithm,
    ContentAtUrls,
    UnusualRefName,
    OversizedDocument,
    DeeplyNestedIndex,
    MissingMediaType,
    MissingPlatform,
    PlatformUnlikeConfig,
    UnknownPlatform,
    RepeatedPlatform,
    NotOneImage,
    MixedMediaTypes,
    UnknownMediaType,
    ManifestWithoutLayers,
    ArtifactWithImageConfig,
    ArtifactTypeMismatch,
    WrongEmptyDescriptor,
    SubjectMismatch,
    UnsoundAttestation,
    UnusualAnnotation,
    EscapingTitle,
    ContradictoryAttestation,
    ContradictorySignature,
    MalformedStatement,
    IncompleteProvenance,
    UnsoundSbom,
    UnverifiedSignature,
    ImageWithoutValidSignature,
)
