"""The rules of this bundle, in the order of their ids."""

from __future__ import annotations

from checker import Check
from checker_layers.attribute_not_kept import AttributeNotKept
from checker_layers.damaged_layer import DamagedLayer
from checker_layers.diff_id_mismatch import DiffIdMismatch
from checker_layers.discouraged_whiteout import DiscouragedWhiteout
from checker_layers.duplicate_path import DuplicatePath
from checker_layers.empty_layer import EmptyLayer
from checker_layers.escaping_layer_path import EscapingLayerPath
from checker_layers.id_out_of_range import IdOutOfRange
from checker_layers.impossible_path import ImpossiblePath
from checker_layers.layer_device_node import LayerDeviceNode
from checker_layers.layer_not_a_tar import LayerNotATar
from checker_layers.layer_skippable_frame_first import LayerSkippableFrameFirst
from checker_layers.layer_unlike_platform import LayerUnlikePlatform
from checker_layers.mac_metadata import MacMetadata
from checker_layers.malformed_whiteout import MalformedWhiteout
from checker_layers.media_type_unlike_compression import MediaTypeUnlikeCompression
from checker_layers.missing_hard_link_target import MissingHardLinkTarget
from checker_layers.non_distributable_layer import NonDistributableLayer
from checker_layers.odd_layer_path import OddLayerPath
from checker_layers.path_through_non_directory import PathThroughNonDirectory
from checker_layers.paths_differ_by_case import PathsDifferByCase
from checker_layers.repeated_layer import RepeatedLayer
from checker_layers.sparse_file import SparseFile
from checker_layers.unsupported_layer_entry import UnsupportedLayerEntry
from checker_layers.whiteout_collision import WhiteoutCollision
from checker_layers.whiteout_of_nothing import WhiteoutOfNothing
from checker_layers.windows_path import WindowsPath

RULES: tuple[type[Check], ...] = (
    DiffIdMismatch,
    MediaTypeUnlikeCompression,
    LayerNotATar,
    DuplicatePath,
    MissingHardLinkTarget,
    DamagedLayer,
    UnsupportedLayerEntry,
    WhiteoutCollision,
    MalformedWhiteout,
    WhiteoutOfNothing,
    DiscouragedWhiteout,
    PathThroughNonDirectory,
    EscapingLayerPath,
    ImpossiblePath,
    OddLayerPath,
    SparseFile,
    AttributeNotKept,
    IdOutOfRange,
    PathsDifferByCase,
    RepeatedLayer,
    EmptyLayer,
    LayerDeviceNode,
    LayerSkippableFrameFirst,
    NonDistributableLayer,
    LayerUnlikePlatform,
    WindowsPath,
    MacMetadata,
)
