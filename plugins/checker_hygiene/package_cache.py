"""HYG019: the cache of a package manager in the root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker.checks.check import Check
from checker.checks.finding import Finding, Severity
from checker.checks.option import Option
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker_hygiene.amount import amount
from checker_hygiene.caches import Cache, caches_in

_SMALLEST = Option("smallest-bytes", int, 1, "smaller caches are passed over", least=0)


class PackageCache(Check):
    """The root filesystem holds the cache of a package manager.

    What it means:
        There are files in a folder in which apt, apk, dnf, pip, npm or another package manager
        keeps lists and packages that it can fetch again. The folder itself, its lock and empty
        files are fine. What a later layer deletes is reported by deleted-file. The files are looked
        at, not the words of the build steps.

    Why it matters:
        It takes up space, often more than the program, and old lists lead to old packages.

    How to fix it:
        Empty it in the same RUN step that fills it (``rm -rf /var/lib/apt/lists/*``), do not fill
        it (``apk add --no-cache``, ``pip install --no-cache-dir``), or keep it out of the image
        with ``RUN --mount=type=cache``.

    References:
        - Docker, "Building best practices", apt-get; "Cache mounts"
        - dockle DKL-DI-0004, DKL-DI-0005 and DKL-LI-0003
    """

    id = "HYG019"
    name = "package-cache"
    severity = Severity.NOTE
    options = (_SMALLEST,)

    def check_rootfs(self, rootfs: Rootfs) -> Iterator[Finding]:
        """Report each cache of each layer, as far as it is visible."""
        smallest = self.option(_SMALLEST)
        for layer, hidden in rootfs.hidden():
            paths = layer.entries.paths
            for cache in caches_in(layer.entries):
                visible = [i for i in cache.positions if paths[i] not in hidden]
                size = sum(layer.entries.sizes[i] for i in visible)
                if visible and size >= smallest:
                    yield self._report(rootfs, layer, cache, len(visible), size)

    def _report(self, rootfs: Rootfs, layer: Layer, cache: Cache, files: int, size: int) -> Finding:
        count = "1 file" if files == 1 else f"{files} files"
        return self.finding(
            layer if rootfs.image else rootfs,
            f"{cache.folder} holds {count} ({amount(size)}) that {cache.owner.tool} can "
            "fetch again",
            at={"path": cache.folder},
            fix=cache.owner.fix,
        )
