"""CFG004: a history that does not match the layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Config, Finding, Severity
from checker_config.configs import ImageCheck, counted, images_with_config
from checker_config.counts import diff_ids_count, filled_count, layers_count


class HistoryMismatch(ImageCheck):
    """The number of layers in the history of a config differs from that of the image.

    What it means:
        Each entry of ``history`` describes a layer, unless it has ``empty_layer: true``. More such
        entries than layers are an error, fewer are a note. An image without history is valid.

    Why it matters:
        Docker rejects an image with more: ``too many non-empty layers in History section``. An
        image with fewer loads, but ``docker history``, and scanners that rely on it, assign layers
        to the wrong steps or to none.

    How to fix it:
        Rebuild the image, or set ``empty_layer`` in the entries that created no layer. Tools that
        add or squash layers must update the history.

            {"created_by": "ENV A=1", "empty_layer": true}

    References:
        - OCI image-spec 1.1, config.md, "Properties" (history)
        - Docker 20.10 and later, image/store.go, Create
    """

    id = "CFG004"
    name = "history-mismatch"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the history of each config with its diff_ids, as Docker does."""
        seen: set[int] = set()
        for image, config in images_with_config(archive):
            diff_ids = diff_ids_count(config)
            filled = filled_count(config)
            if config.blob.position in seen or not config.history or diff_ids is None:
                continue
            seen.add(config.blob.position)
            # A history that matches the layers is valid; CFG003 compares diff_ids with them.
            if filled not in (diff_ids, layers_count(image)):
                yield self._mismatch(config, filled, diff_ids)

    def _mismatch(self, config: Config, filled: int, diff_ids: int) -> Finding:
        if filled > diff_ids:
            consequence = "Docker rejects the image"
        else:
            consequence = "docker history assigns layers to the wrong steps"
        return self.finding(
            config,
            f"config of {config.location.image}: history describes {counted(filled, 'layer')}, "
            f"rootfs.diff_ids lists {diff_ids}; {consequence}",
            at={"pointer": "/history"},
            severity=Severity.ERROR if filled > diff_ids else Severity.NOTE,
        )
