"""HYG018: a large file that several layers store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker_hygiene.amount import amount

if TYPE_CHECKING:
    from checker_hygiene.layering import Repeat

_SMALLEST = Option(
    "smallest-bytes", int, 1_000_000, "files that waste fewer bytes are passed over", least=0
)
_SHOWN = 4
_MOST = Option("most", int, 10, "how many files of an image are named, the worst first", least=1)


class FileInSeveralLayers(Check):
    """A large file is stored in more than one layer.

    What it means:
        A layer brings a file that a lower layer brought already. Only the topmost copy counts, the
        others are stored in vain. The files that waste most are named, up to the option ``most``.

    Why it matters:
        Also a change of mode, owner or time stores the whole file again, and every registry and
        host keeps all copies.

    How to fix it:
        Give owner and mode while copying (``COPY --chown=app --chmod=755``) instead of in a later
        RUN, write the file once, and update packages in the step that installs them.

    References:
        - OCI image-spec 1.1, layer.md, "Change Types": a changed file is stored whole
        - dive, "Image Details": the files with the most wasted space
    """

    id = "HYG018"
    name = "file-in-several-layers"
    severity = Severity.NOTE
    options = (_SMALLEST, _MOST)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report the files that waste most."""
        if len(rootfs.layers) < 2:
            return
        from checker_hygiene.layering import layering_of

        worst = layering_of(rootfs).worst(
            self.option(_MOST), least_lost=max(1, self.option(_SMALLEST)), least_copies=2
        )
        for repeat in worst:
            holders = [layer for layer in rootfs.layers if repeat.path in layer.entries.by_path]
            yield self.finding(
                holders[-1],
                _message(repeat, holders),
                at={"path": repeat.path},
                related=[layer.location for layer in holders[:-1]],
            )


def _message(repeat: Repeat, holders: list[Layer]) -> str:
    copies = " and ".join(
        f"{layer.position} ({amount(_size(layer, repeat.path))})" for layer in holders[-_SHOWN:]
    )
    others = f" and {len(holders) - _SHOWN} more" if len(holders) > _SHOWN else ""
    fate = "in the end it is deleted" if repeat.lost == repeat.size else "only the last one counts"
    guess = (
        "; size and time are the same, so it seems that only mode or owner changed"
        if _looks_untouched(repeat.path, holders)
        else ""
    )
    return (
        f"{repeat.path} lies in layers {copies}{others}; {fate}, {amount(repeat.lost)} are stored "
        f"in vain{guess}"
    )


def _size(layer: Layer, path: str) -> int:
    return layer.entries.sizes[layer.entries.by_path[path]]


def _looks_untouched(path: str, holders: list[Layer]) -> bool:
    """Whether all copies have the same size and time."""
    tables = [layer.entries for layer in holders]
    places = [(table, table.by_path[path]) for table in tables]
    return len({(table.sizes[position], table.mtimes[position]) for table, position in places}) == 1
