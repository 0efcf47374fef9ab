"""The graph drivers of Docker's classic store: overlay2 and vfs.

Sources: moby, daemon/graphdriver/overlay2/overlay.go and check.go, daemon/graphdriver/fsdiff.go.
"""

from __future__ import annotations

from checker.model.work import Work
from checker.records import NamedTuple
from checker.verdicts import Host, Storage
from checker_engines.filesystem.storage import Layers
from checker_engines.filesystem.storage.overlay import OverlayLayers
from checker_engines.filesystem.storage.vfs import VfsLayers
from checker_engines.moby.versions import Version

# The directory of a layer, by its random name.
_PLACE = f"/var/lib/docker/overlay2/{64 * 'x'}/diff"


class Driver(NamedTuple):
    """A graph driver of one version on one host.

    Attributes:
        version: The version.
        host: The host.
        work: What may be spent on extracting.
    """

    version: Version
    host: Host
    work: Work

    @property
    def is_native(self) -> bool:
        """Whether layers are extracted apart (useNaiveDiff is false)."""
        if self.host.driver is Storage.VFS:
            return False
        return self.version.rootless.has_native_diff or not self.host.rootless

    def new_layers(self) -> Layers:
        """The layers of a new image."""
        version = self.version
        dialect = version.dialect
        if self.host.rootless:
            dialect = dialect._replace(privileges=version.rootless.layers)
        if self.is_native:
            return OverlayLayers(dialect, version.converter, _PLACE, self.work)
        return VfsLayers(dialect, self.work)

    def error(self, error: str) -> str:
        """The message for an error in an entry of a layer, or in its tar."""
        errors = self.version.extraction_errors
        return (errors.archive if self.is_native else errors.layer).format(error=error)

    def error_at_end(self, error: str, size: int) -> str:
        """The message for an error after a layer was extracted.

        Args:
            error: The error.
            size: The sum of the sizes of its entries, in bytes.
        """
        errors = self.version.extraction_errors
        if self.is_native:
            return errors.after_archive(error)
        return errors.layer_end.format(error=error, size=size)
