"""HYG017: layers that waste space."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Option, Rootfs, Severity
from checker.typing_names import TYPE_CHECKING
from checker_hygiene.amount import amount
from checker_hygiene.hidden_files import hidden_files

if TYPE_CHECKING:
    from checker_hygiene.layering import Layering

_EFFICIENCY = Option(
    "lowest-efficiency", float, 0.9, "minimum efficiency of an image", least=0, most=1
)
_WASTED = Option[int | None](
    "highest-wasted-bytes", int, None, "maximum number of wasted bytes of an image", least=0
)
_SHARE = Option(
    "highest-user-wasted-share",
    float,
    0.1,
    "maximum share of wasted bytes in the layers above the base layer",
    least=0,
)
_FILES = 3


class WastefulLayers(Check):
    """The layers of an image waste space.

    What it means:
        One of the three figures that dive computes for an image exceeds its threshold. Efficiency:
        for each path the bytes of its smallest copy, relative to those of all copies. Wasted bytes:
        all copies of files that are in several layers or deleted later. Wasted share: wasted bytes
        per byte of the layers above the base. As in dive, directories that are deleted completely
        are not counted as wasted; deleted-file reports them.

    Why it matters:
        Every registry and host stores, and every pull transfers, files that no container sees.

    How to fix it:
        Check the listed files; file-in-several-layers and deleted-file list more. Usual causes are
        ``chmod`` or ``chown`` of files that an earlier step copied, files deleted in a later step,
        and upgraded packages of the base image. The thresholds are options; 0 or 1 disables one.

            before:  COPY app /srv/app
                     RUN chmod -R 755 /srv/app
            after:   COPY --chmod=755 app /srv/app

    References:
        - dive, "CI integration": lowestEfficiency, highestWastedBytes, highestUserWastedPercent
    """

    id = "HYG017"
    name = "wasteful-layers"
    severity = Severity.NOTE
    since = "0.1.0"
    options = (_EFFICIENCY, _WASTED, _SHARE)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Compare the figures with the thresholds; all are reported in one finding."""
        if not any(hidden_files(rootfs)):
            return
        from checker_hygiene.layering import layering_for

        layering = layering_for(self, rootfs)
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
                f"{amount(layering.wasted)} are wasted, compared with {amount(layering.added)} in "
                f"the layers above the base: a share of {layering.share:.4g}, above {share:g}"
            )


def _worst(layering: Layering) -> str:
    """The files that waste most, of those that the figures count, as the end of a sentence."""
    shown = ", ".join(
        f"{repeat.path} ({repeat.copies}x, {amount(repeat.size)})"
        for repeat in layering.worst(_FILES, beside=layering.emptied)
    )
    return f"; largest: {shown}" if shown else ""
