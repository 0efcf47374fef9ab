"""CFG004: a history that does not fit the layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.finding import Finding, Severity
from checker.model.archive import Archive
from checker.model.image import Config
from checker_config.configs import (
    ImageCheck,
    diff_ids_count,
    images_with_config,
    layers_count,
)


class HistoryMismatch(ImageCheck):
    """The history of a config accounts for another number of layers than there are.

    What it means:
        Each entry of ``history`` stands for a layer, unless it says ``empty_layer: true``. Here
        there are more such entries than layers, which is an error, or fewer, which is a note. An
        image without any history is fine.

    Why it matters:
        Docker refuses an image with more: ``too many non-empty layers in History section``. With
        fewer it loads, but ``docker history`` and scanners that go by it attribute layers to the
        wrong steps, or to none.

    How to fix it:
        Build the image again, or set ``empty_layer`` to true in the entries that made no layer. A
        tool that adds or squashes layers must keep the history in step.

    References:
        - OCI image-spec 1.1, config.md, "Properties" (history)
        - Docker 20.10 and later, image/store.go, Create
    """

    id = "CFG004"
    name = "history-mismatch"
    severity = Severity.ERROR

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Compare the history of each config with its diff_ids, as Docker does."""
        seen: set[int] = set()
        for image, config in images_with_config(archive):
            diff_ids = diff_ids_count(config)
            filled = _filled(config)
            if config.blob.position in seen or not config.history or diff_ids is None:
                continue
            seen.add(config.blob.position)
            # A history that fits the layers is in order; that diff_ids do not is another rule's.
            if filled not in (diff_ids, layers_count(image)):
                yield self._mismatch(config, filled, diff_ids)

    def _mismatch(self, config: Config, filled: int, diff_ids: int) -> Finding:
        return self.finding(
            config,
            f"config of {config.location.image}: the number of history entries that stand for a "
            f"layer is {filled}, of diff_ids {diff_ids}",
            at={"pointer": "/history"},
            severity=Severity.ERROR if filled > diff_ids else Severity.NOTE,
        )


def _filled(config: Config) -> int:
    """How many entries of the history stand for a layer."""
    return sum(entry.get("empty_layer") is not True for entry in config.history)
