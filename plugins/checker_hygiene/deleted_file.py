"""HYG016: files that a layer deletes and that still use space in lower layers."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, Finding, Option, Rootfs, Severity
from checker.typing_names import TYPE_CHECKING
from checker_hygiene.amount import amount
from checker_hygiene.hidden_files import hidden_files

if TYPE_CHECKING:
    from checker_hygiene.layering import Removal

_SMALLEST = Option(
    "smallest-bytes", int, 1, "minimum number of deleted bytes that are reported", least=0
)


class DeletedFile(Check):
    """A layer deletes files that are still stored in a lower layer.

    What it means:
        A whiteout in one layer hides files with content of a lower layer. There is one finding for
        each whiteout, of a file or of a complete directory. A single file with credentials is
        reported by deleted-secret.

    Why it matters:
        The files are not visible in the container but still part of the image: they are stored and
        transferred with it, and everyone who has it can read them.

    How to fix it:
        Delete files in the RUN step that creates them, mount what a step needs (``RUN
        --mount=type=bind``), or use a multi-stage build. Content of the base image cannot be
        removed: choose a smaller one.

            before:  RUN apt-get update && apt-get install -y curl
                     RUN rm -rf /var/lib/apt/lists/*
            after:   RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*

    References:
        - OCI image-spec 1.1, layer.md, "Whiteouts"
        - dive, "wasted space"; dockle DKL-DI-0005
    """

    id = "HYG016"
    name = "deleted-file"
    severity = Severity.NOTE
    since = "0.1.0"
    options = (_SMALLEST,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report each whiteout that hides content."""
        if not any(hidden_files(rootfs)):
            return
        from checker_hygiene.layering import layering_for

        smallest = self.option(_SMALLEST)
        removals = layering_for(self, rootfs).removals
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
    """The paths of deleted files with credentials, which deleted-secret reports."""
    from checker_hygiene.deleted_secret import deleted_secrets

    return frozenset(file.path for file, _ in deleted_secrets(rootfs))


def _what(removal: Removal) -> str:
    if removal.is_file:
        return f"{removal.target} ({amount(removal.size)})"
    files = "1 file" if removal.files == 1 else f"{removal.files} files"
    return f"{removal.target or 'the root'} with {files} ({amount(removal.size)})"


def _still(removal: Removal) -> str:
    numbers = ", ".join(map(str, removal.layers))
    layers = f"layer {numbers}" if len(removal.layers) == 1 else f"layers {numbers}"
    verb = "it is still stored" if removal.is_file else "they are still stored"
    return f"{verb} in {layers} and can be read there"
