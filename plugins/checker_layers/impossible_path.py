"""LYR014: a path or link that Linux cannot create."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Layer, Severity
from checker.model.entries import GLOBAL_HEADER, SYMLINK, climbs_out
from checker.model.untrusted import utf8
from checker_layers.layers import TreeCheck, present_layers, trees, whose
from checker_layers.scopes import LONGEST_NAME, LONGEST_TARGET

# Linux, include/uapi/linux/limits.h; a path needs a NUL, and a leading slash in a root.
_PATH_MAX = 4094
_GLOBAL = ord(GLOBAL_HEADER)


class ImpossiblePath(TreeCheck):
    """A path is too long for Linux, or a symbolic link has no target.

    What it means:
        A component of a path has more than 255 bytes, a path more than 4094, the target of a
        symbolic link more than 4095 or none at all. Linux cannot create such files. Long paths of a
        flat root filesystem are reported by unportable-member-name.

    Why it matters:
        Every engine fails to unpack the layer: "file name too long", or "no such file or directory"
        for a link without a target.

    How to fix it:
        Shorten the name of the file, or give the link a target, and rebuild the image. If the name
        looks like file content, the extension headers of the tar are damaged.

    References:
        - Linux, path_resolution(7) and symlink(2): ENAMETOOLONG, ENOENT
    """

    id = "LYR014"
    name = "impossible-path"
    severity = Severity.ERROR
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Check the lengths of paths and the targets of links."""
        for layer, _ in present_layers(archive):
            # A character has at most four bytes.
            if layer.entries.longest_path * 4 > LONGEST_NAME:
                yield from self._paths(layer)
        for layer in trees(archive):
            yield from self._targets(layer)

    def _paths(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        for position, path in enumerate(entries.paths):
            is_short = len(path) <= LONGEST_NAME and path.isascii()
            if not is_short and entries.kinds[position] != _GLOBAL:
                yield from self._path(layer, position, path)

    def _path(self, layer: Layer, position: int, path: str) -> Iterator[Finding]:
        parts = path.split("/")
        most = 1 if path.isascii() else 4
        if max(map(len, parts)) * most <= LONGEST_NAME and len(path) * most <= _PATH_MAX:
            return
        longest, part = max((len(_raw(part)), part) for part in parts)
        whole = len(_raw(path))
        if longest > LONGEST_NAME:
            what = f"a name of {longest} bytes, above the limit of {LONGEST_NAME}: {_start(part)}"
            yield self._report(layer, position, what)
        elif whole > _PATH_MAX:
            what = f"a path of {whole} bytes, above the limit of {_PATH_MAX}: {_start(path)}"
            yield self._report(layer, position, what)

    def _targets(self, layer: Layer) -> Iterator[Finding]:
        entries = layer.entries
        for position in entries.of_kind(SYMLINK):
            if climbs_out(entries.name(position)):
                continue  # reported by LYR013
            target, path = entries.linknames.get(position, ""), entries.paths[position]
            if not target:
                yield self._report(layer, position, f"{path} is a symbolic link without a target")
            elif len(target) * 4 > LONGEST_TARGET and len(_raw(target)) > LONGEST_TARGET:
                what = f"{path} is a symbolic link with a target of {len(_raw(target))} bytes"
                yield self._report(layer, position, f"{what}, above the limit of {LONGEST_TARGET}")

    def _report(self, layer: Layer, position: int, what: str) -> Finding:
        entries = layer.entries
        return self.finding(
            layer,
            f"{whose(layer)}byte {entries.offsets[position]}: {what}",
            at={"path": entries.paths[position], "offset": entries.offsets[position]},
        )


def _raw(name: str) -> bytes:
    return utf8(name)


def _start(name: str) -> str:
    return f"{name[:40]}…"
