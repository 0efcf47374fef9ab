"""HYG017: layers that store much in vain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.rootfs import Rootfs
from checker_hygiene.amount import amount

if TYPE_CHECKING:
    from checker_hygiene.layering import Layering

_EFFICIENCY = Option(
    "lowest-efficiency", float, 0.9, "the efficiency that an image must have", least=0, most=1
)
_WASTED = Option[int | None](
    "highest-wasted-bytes", int, None, "the wasted bytes that an image may have", least=0
)
_SHARE = Option(
    "highest-user-wasted-share",
    float,
    0.1,
    "the wasted bytes that an image may have, for each byte above the base layer",
    least=0,
)
_FILES = 3


class WastefulLayers(Check):
    """The layers of an image store much in vain.

    What it means:
        One of the three figures that dive works out of an image passes its threshold. Efficiency:
        for each path the bytes of its smallest copy, against those of all copies. Wasted bytes: all
        copies of files that are in several layers or deleted later. Wasted share: the wasted bytes
        for each byte of the layers above the base. As in dive, the folders that are deleted as a
        whole are not wasted; deleted-file tells of them.

    Why it matters:
        The space is paid for at every registry and host and the time at every pull, for files that
        no container sees.

    How to fix it:
        Look at the files that are named; file-in-several-layers and deleted-file name more. Most
        often it is a ``chmod`` or ``chown`` of what an earlier step copied (``COPY --chown
        --chmod`` does it at once), files deleted in a later step, or packages of the base image
        that are upgraded. The thresholds are options; 0 or 1 turns one off.

    References:
        - dive, "CI integration": lowestEfficiency, highestWastedBytes, highestUserWastedPercent
    """

    id = "HYG017"
    name = "wasteful-layers"
    severity = Severity.NOTE
    options = (_EFFICIENCY, _WASTED, _SHARE)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Compare the figures with the thresholds; one finding tells of all."""
        if len(rootfs.layers) < 2:
            return
        from checker_hygiene.layering import layering_of

        layering = layering_of(rootfs)
        label = rootfs.image.label if rootfs.image else "the archive"
        problems = ", and ".join(self._problems(layering))
        if problems:
            yield self.finding(rootfs, f"{label}: {problems}{_worst(layering)}")

    def _problems(self, layering: Layering) -> Iterator[str]:
        lowest, highest = self.option(_EFFICIENCY), self.option(_WASTED)
        share = self.option(_SHARE)
        if layering.efficiency < lowest:
            yield f"the efficiency of its layers is {layering.efficiency:.4g}, below {lowest:g}"
        if highest is not None and layering.wasted > highest:
            yield f"{layering.wasted} bytes are wasted, more than {highest}"
        if layering.share > share:
            yield (
                f"{amount(layering.wasted)} are wasted where the layers above the base bring "
                f"{amount(layering.added)}, a share of {layering.share:.4g}, above {share:g}"
            )


def _worst(layering: Layering) -> str:
    """The files that waste most, as the end of a sentence; those that the figures count."""
    shown = ", ".join(
        f"{repeat.path} ({repeat.copies}x, {amount(repeat.size)})"
        for repeat in layering.worst(_FILES, beside=layering.emptied)
    )
    return f"; most of it: {shown}" if shown else ""
