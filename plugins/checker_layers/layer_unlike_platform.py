"""LYR025: a Windows layer in an image for another system, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.entries import Entries
from checker.model.image import Image, Layer
from checker_layers._layers import no_layer_reason

_HIVES = "Hives"


class LayerUnlikePlatform(Check):
    """A layer is laid out for another operating system than the image.

    What it means:
        Layers for Windows have all their files below `Files` and `Hives`, others have none there.
        This layer is laid out for Windows and the image is for another system, or the image is for
        Windows and the layer is not.

    Why it matters:
        The container does not see its files: on Linux they lie in `/Files`, and Windows looks
        nowhere else.

    How to fix it:
        Build the image for the platform that it is meant for (`--platform`), or correct `os` in
        the config. Tools that make layers themselves must put the files of a Windows image below
        `Files/`.

    References:
        - OCI image-spec 1.1, layer.md, "Platform-specific attributes"
        - hcsshim, internal/wclayer: Files, Hives and UtilityVM
    """

    id = "LYR025"
    name = "layer-unlike-platform"
    severity = Severity.WARNING

    def skip_reason(self, archive: Archive) -> str | None:
        """Without layers there is nothing to compare."""
        return no_layer_reason(archive)

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare each layer with the platform of its image."""
        for image in archive.images:
            for layer in image.layers:
                if len(layer.entries) and _is_unlike(layer.entries, image):
                    yield self._report(image, layer)

    def _report(self, image: Image, layer: Layer) -> Finding:
        if layer.entries.is_windows:
            what = "is laid out for Windows, all of it below Files, Hives or UtilityVM"
        else:
            what = "is not laid out for Windows, which looks for its files below Files"
        message = f"{layer.label} {what}, but the image is for {image.platform or 'another system'}"
        return self.finding(layer, message)


def _is_unlike(entries: Entries, image: Image) -> bool:
    if image.is_windows or not entries.is_windows:
        return entries.is_windows != image.is_windows
    # On Linux a folder may be called Files by chance.
    return _HIVES in entries.by_path or _HIVES in entries.folders
