"""HYG019: the cache of a package manager in the root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Check, DockerfileEdit, Finding, Fix, Layer, Option, Rootfs, Severity
from checker_hygiene.amount import amount
from checker_hygiene.caches import Cache, caches_in

_SMALLEST = Option("smallest-bytes", int, 1, "minimum size of a reported cache, in bytes", least=0)


class PackageCache(Check):
    """The root filesystem contains the cache of a package manager.

    What it means:
        There are files in a directory in which apt, apk, dnf, pip, npm or another package manager
        keeps lists and packages that it can download again. The directory itself, its lock and
        empty files are accepted. Files that a later layer deletes are reported by deleted-file. The
        files are checked, not the commands of the build steps.

    Why it matters:
        It uses space, often more than the application, and old lists lead to old packages.

    How to fix it:
        Empty the cache in the RUN step that fills it, do not fill it, or use a cache mount:

            RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
            RUN apk add --no-cache curl
            RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt

    References:
        - Docker, "Building best practices", apt-get; "Cache mounts"
        - dockle DKL-DI-0004, DKL-DI-0005 and DKL-LI-0003
    """

    id = "HYG019"
    name = "package-cache"
    severity = Severity.NOTE
    since = "0.1.0"
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
            f"{cache.directory} contains {count} ({amount(size)}) that {cache.owner.tool} can "
            "download again",
            at={"path": cache.directory},
            fix=Fix(
                f"do not keep the cache of {cache.owner.tool}", DockerfileEdit(cache.owner.fix)
            ),
        )
