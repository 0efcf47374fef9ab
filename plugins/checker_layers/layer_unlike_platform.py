"""LYR025: a Windows layer in an image for another operating system, or vice versa."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Entries, Finding, Image, Layer, Severity
from checker_layers.layers import LayerCheck

_HIVES = "Hives"


class LayerUnlikePlatform(LayerCheck):
    """A layer has the layout of another operating system than the image.

    What it means:
        Windows layers have all their files below ``Files`` and ``Hives``, other layers have none
        there. This layer is a Windows layer and the image is for another operating system, or vice
        versa.

    Why it matters:
        The container does not see the files: on Linux they are in ``/Files``, and Windows ignores
        all other directories.

    How to fix it:
        Build the image for the intended platform (``--platform``), or correct ``os`` in the config.
        Tools that write layers themselves must put the files of a Windows image below ``Files/``.

    References:
        - OCI image-spec 1.1, layer.md, "Platform-specific attributes"
        - hcsshim, internal/wclayer: Files, Hives and UtilityVM
    """

    id = "LYR025"
    name = "layer-unlike-platform"
    severity = Severity.WARNING
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare each layer with the platform of its image."""
        for image in archive.images:
            for layer in image.layers:
                if len(layer.entries) and _is_unlike(layer.entries, image):
                    yield self._report(image, layer)

    def _report(self, image: Image, layer: Layer) -> Finding:
        if layer.entries.is_windows:
            what = "has the layout of a Windows layer (all below Files, Hives or UtilityVM)"
        else:
            what = "does not have the layout of a Windows layer (files below Files)"
        platform = image.platform or "another operating system"
        message = f"{layer.label} {what}, but the image is for {platform}"
        return self.finding(layer, message)


def _is_unlike(entries: Entries, image: Image) -> bool:
    if image.is_windows or not entries.is_windows:
        return entries.is_windows != image.is_windows
    # On Linux a directory may have the name Files by chance.
    return _HIVES in entries.by_path or _HIVES in entries.directories
