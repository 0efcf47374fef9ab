"""HYG018: a large file that several layers store."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.entries import Entries
from checker.model.rootfs import Rootfs
from checker_hygiene.amount import amount
from checker_hygiene.layering import Repeat, layering_of

_SMALLEST = Option(
    "smallest-bytes", int, 1_000_000, "files that waste fewer bytes are passed over", least=0
)
_MOST = Option("most", int, 10, "how many files of an image are named, the worst first", least=1)


class FileInSeveralLayers(Check):
    """A large file is stored in more than one layer.

    What it means:
        A layer brings a file that a lower layer brought already. Only the topmost copy counts, the
        others are stored in vain. The files that waste most are named, up to the option ``most``.

    Why it matters:
        Also a change of mode, owner or time stores the whole file again, and every registry and
        host keeps all copies.

    How to mend it:
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
        smallest = self.option(_SMALLEST)
        several = (
            repeat
            for repeat in layering_of(rootfs).repeats
            if len(repeat.copies) > 1 and repeat.lost >= smallest
        )
        for repeat in islice(several, self.option(_MOST)):
            top = rootfs.layers[repeat.copies[-1][0]]
            yield self.finding(
                top,
                _message(repeat, [layer.entries for layer in rootfs.layers]),
                at={"path": repeat.path},
                related=[rootfs.layers[number].location for number, _ in repeat.copies[:-1]],
            )


def _message(repeat: Repeat, tables: list[Entries]) -> str:
    copies = " and ".join(f"{number} ({amount(size)})" for number, size in repeat.copies[-4:])
    more = len(repeat.copies) - 4
    others = f" and {more} more" if more > 0 else ""
    fate = "in the end it is deleted" if repeat.is_gone else "only the last copy counts"
    guess = (
        "; size and time are the same, so it seems that only mode or owner changed"
        if _looks_untouched(repeat, tables)
        else ""
    )
    return (
        f"{repeat.path} lies in layers {copies}{others}; {fate}, {amount(repeat.lost)} are stored "
        f"in vain{guess}"
    )


def _looks_untouched(repeat: Repeat, tables: list[Entries]) -> bool:
    """Whether all copies have the same size and time."""
    tops = ((tables[number], tables[number].by_path[repeat.path]) for number, _ in repeat.copies)
    return len({(table.sizes[position], table.mtimes[position]) for table, position in tops}) == 1
