"""The storage drivers of containers-storage: overlay and vfs.

Sources: containers-storage v1.43 and v1.62, drivers/overlay/overlay.go (ApplyDiff) and
drivers/fsdiff.go.
"""

from __future__ import annotations

from checker.model.tar import Tar
from checker.model.work import Work
from checker.records import NamedTuple
from checker.verdicts import Host, Storage
from checker_engines.containers.storage_archive import (
    CONVERTER,
    LAYERS,
    UnpackError,
    apply_layer,
    layers_dialect,
)
from checker_engines.containers.versions import Library
from checker_engines.filesystem.storage import Layers
from checker_engines.filesystem.storage.overlay import OverlayLayers
from checker_engines.filesystem.storage.vfs import VfsLayers
from checker_engines.golang.tar import tar_error

# The directory of a layer, by its random name.
_PLACE = f"/var/lib/containers/storage/overlay/{64 * 'x'}/diff"
_EXITED = "exit status 1"


class ApplyError(ValueError):
    """A layer cannot be applied; the message is that of the driver.

    Attributes:
        cause: The error of the extraction.
        is_logged: Whether the driver logs it too.
    """

    def __init__(self, message: str, cause: str, *, is_logged: bool) -> None:
        super().__init__(message)
        self.cause = cause
        self.is_logged = is_logged


class Driver(NamedTuple):
    """A storage driver of one build on one host.

    Attributes:
        library: The build.
        host: The host.
        work: What may be spent on extracting.
    """

    library: Library
    host: Host
    work: Work

    def new_layers(self) -> Layers:
        """The layers of a new image."""
        rootless = self.host.rootless
        dialect = layers_dialect(self.library.insufficient_ids) if rootless else LAYERS
        if self.host.driver is Storage.VFS:
            return VfsLayers(dialect, self.work)
        return OverlayLayers(dialect, CONVERTER, _PLACE, self.work)

    def apply(self, tar: Tar, layers: Layers) -> None:
        """Extract a layer on top of those below it.

        Raises:
            ApplyError: It cannot be extracted.
        """
        if self.host.driver is Storage.VFS:
            self._apply_naively(tar, layers)
        else:
            self._untar(tar, layers)

    def _apply_naively(self, tar: Tar, layers: Layers) -> None:
        """Extract it onto the files of lower layers (NaiveDiffDriver, pkg/chrootarchive/diff)."""
        stop = self.library.find_stop(tar.entries)
        try:
            apply_layer(tar, layers, stop)
        except UnpackError as error:
            text = f"ApplyLayer stdout:  stderr: {error} {_EXITED}"
            raise ApplyError(text, str(error), is_logged=True) from None
        if stop is not None:
            size = sum(tar.entries.sizes[: stop.position + 1])
            text = f'ApplyLayer stdout: {{"layerSize":{size}}}\n stderr:  {stop.error}'
            raise ApplyError(text, stop.error, is_logged=True)

    def _untar(self, tar: Tar, layers: Layers) -> None:
        """Extract it into an empty directory (overlay.go, pkg/chrootarchive/archive_unix.go)."""
        stop = self.library.find_stop(tar.entries)
        # After an error, the rest of the stream is read.
        rest = tar_error(tar) if stop is None else stop.error
        unpacking = self.library.unpacking
        try:
            apply_layer(tar, layers, stop)
        except UnpackError as error:
            text = unpacking(_EXITED, str(error), rest)
            raise ApplyError(text, str(error), is_logged=False) from None
        if stop is not None:
            raise ApplyError(unpacking(stop.error, "", rest), stop.error, is_logged=False)
        too_long = layers.measure_layer()
        if too_long is not None:
            raise ApplyError(too_long, too_long, is_logged=False)
