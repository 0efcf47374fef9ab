"""The modelled versions of containerd; a new version is added here and nowhere else."""

from __future__ import annotations

from checker.model.compression import CompressionKind
from checker.records import NamedTuple
from checker_engines.containerd.stream import CONTAINERD_READS


class Version(NamedTuple):
    """A version of ``ctr image import`` with the transfer service.

    Attributes:
        name: Name of the profile.
        follows: The release of ctr whose source it models.
        decompresses: The compressions of an archive that it recognises.
    """

    name: str
    follows: str
    decompresses: frozenset[CompressionKind]


VERSIONS = (Version(name="containerd-2", follows="2.3.4", decompresses=CONTAINERD_READS),)
