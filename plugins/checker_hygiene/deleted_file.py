"""HYG016: files that a layer deletes and that still take up space in the layers below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.rootfs import Rootfs
from checker_hygiene.amount import amount

if TYPE_CHECKING:
    from checker_hygiene.layering import Removal

_SMALLEST = Option("smallest-bytes", int, 1, "fewer deleted bytes are passed over", least=0)


class DeletedFile(Check):
    """A layer deletes files that still lie in a layer below.

    What it means:
        A whiteout in one layer takes away files with content that a lower layer brought. There is
        one finding for each whiteout, be it for a file or for a whole folder. A single file with
        credentials is left to deleted-secret.

    Why it matters:
        The files are gone from the container but not from the image: they are stored and copied
        with it, and everyone who has it can read them.

    How to fix it:
        Delete in the same RUN step that creates (``apt-get install … && rm -rf
        /var/lib/apt/lists/*``), mount what a step needs (``RUN --mount=type=bind``), or build in
        one stage and copy the result into another. What the base image brings cannot be taken out:
        choose a smaller one.

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - dive, "wasted space"; dockle DKL-DI-0005
    """

    id = "HYG016"
    name = "deleted-file"
    severity = Severity.NOTE
    options = (_SMALLEST,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report each whiteout that takes content away."""
        if len(rootfs.layers) < 2:
            return
        from checker_hygiene.layering import layering_of

        smallest = self.option(_SMALLEST)
        removals = layering_of(rootfs).removals
        secrets = _secrets(rootfs) if removals else frozenset()
        for removal in removals:
            if removal.size >= smallest and not (removal.is_file and removal.target in secrets):
                upper = rootfs.layers[removal.layer]
                yield self.finding(
                    upper,
                    f"{upper.label} deletes {_what(removal)}, but {_still(removal)}",
                    at={"path": removal.marker},
                    related=[rootfs.layers[number].location for number in removal.layers],
                )


def _secrets(rootfs: Rootfs) -> frozenset[str]:
    """The paths of deleted files with credentials, of which deleted-secret tells."""
    from checker_hygiene.credentials import credential_in
    from checker_hygiene.finds import finds_of

    hidden = (find for find in finds_of(rootfs) if find.is_hidden)
    return frozenset(find.path for find in hidden if credential_in(find.path, find.head))


def _what(removal: Removal) -> str:
    if removal.is_file:
        return f"{removal.target} ({amount(removal.size)})"
    files = "1 file" if removal.files == 1 else f"{removal.files} files"
    return f"{removal.target or 'the root'} with {files} ({amount(removal.size)})"


def _still(removal: Removal) -> str:
    numbers = ", ".join(map(str, removal.layers))
    layers = f"layer {numbers}" if len(removal.layers) == 1 else f"layers {numbers}"
    verb = "it still lies" if removal.is_file else "they still lie"
    return f"{verb} in {layers} and can be read from there"
