"""HYG018: a large file that several layers store."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Layer, Option, Rootfs, Severity
from checker.typing_names import TYPE_CHECKING
from checker_hygiene.amount import amount
from checker_hygiene.hidden_files import hidden_files

if TYPE_CHECKING:
    from checker_hygiene.layering import Repeat

_SMALLEST = Option(
    "smallest-bytes", int, 1_000_000, "minimum number of wasted bytes of a reported file", least=0
)
_SHOWN = 4
_MOST = Option("most", int, 10, "maximum number of files that are reported per image", least=1)


class FileInSeveralLayers(Check):
    """A large file is stored in more than one layer.

    What it means:
        A layer contains a file that a lower layer already contains. Only the topmost copy is
        visible, the others are wasted space. The files that waste most are reported, up to the
        option ``most``.

    Why it matters:
        A change of mode, owner or time stores the complete file again, and every registry and host
        keeps all copies.

    How to fix it:
        Set owner and mode while copying, write the file once, and update packages in the step that
        installs them.

            before:  COPY app /srv/app
                     RUN chown -R app /srv/app
            after:   COPY --chown=app --chmod=755 app /srv/app

    References:
        - OCI image-spec 1.1, layer.md, "Change Types": a changed file is stored whole
        - dive, "Image Details": the files with the most wasted space
    """

    id = "HYG018"
    name = "file-in-several-layers"
    severity = Severity.NOTE
    since = "0.1.0"
    options = (_SMALLEST, _MOST)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report the files that waste most."""
        if not any(hidden_files(rootfs)):
            return
        from checker_hygiene.layering import layering_for

        worst = layering_for(self, rootfs).worst(
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
    fate = "it is deleted later" if repeat.lost == repeat.size else "only the last copy is visible"
    guess = (
        "; size and time are equal, so probably only mode or owner changed"
        if _looks_untouched(repeat.path, holders)
        else ""
    )
    return (
        f"{repeat.path} is stored in layers {copies}{others}; {fate}, {amount(repeat.lost)} are "
        f"wasted{guess}"
    )


def _size(layer: Layer, path: str) -> int:
    return layer.entries.sizes[layer.entries.by_path[path]]


def _looks_untouched(path: str, holders: list[Layer]) -> bool:
    """Whether all copies have the same size and time."""
    tables = [layer.entries for layer in holders]
    places = [(table, table.by_path[path]) for table in tables]
    return len({(table.sizes[position], table.mtimes[position]) for table, position in places}) == 1
