"""LYR027: files in which macOS keeps metadata of other files."""

from __future__ import annotations

from collections.abc import Iterator

from checker import Archive, Finding, Layer, Severity
from checker.checks.appledouble import metadata_files
from checker_layers.layers import TreeCheck, shown, trees, whose


class MacMetadata(TreeCheck):
    """A layer or root filesystem contains files in which macOS keeps metadata (AppleDouble).

    What it means:
        On other filesystems macOS keeps the extended attributes of a file ``x`` in a file ``._x``
        beside it, and in zip archives below ``__MACOSX``. ``tar`` of macOS writes such files into
        archives. Directories of its search index and trash (``.Spotlight-V100``, ``.Trashes``) are
        reported too, ``.DS_Store`` by unnecessary-file.

    Why it matters:
        They look like files of the program. A program that reads all files of a directory fails:
        Python's ``*.py`` and Java's class path, ``conf.d`` and ``cron.d``, migrations of databases,
        Helm charts ("invalid UTF-8", "null bytes").

    How to fix it:
        Keep them out of archives and the build context:

            COPYFILE_DISABLE=1 tar --no-mac-metadata -cf app.tar app

            # .dockerignore
            **/._*
            **/__MACOSX

    References:
        - RFC 1740, appendix A, "AppleDouble"
        - macOS, copyfile(3): COPYFILE_DISABLE; bsdtar(1): --mac-metadata
    """

    id = "LYR027"
    name = "mac-metadata"
    severity = Severity.NOTE
    since = "0.1.0"

    def check_archive(self, archive: Archive) -> Iterator[Finding]:
        """Search the names of each layer, and of a flat root filesystem."""
        for layer in trees(archive):
            found = metadata_files(layer.entries)
            if found:
                yield self._report(layer, found)

    def _report(self, layer: Layer, found: tuple[int, ...]) -> Finding:
        entries = layer.entries
        first = shown(entries, found[0])
        what = f"{first} is a file"
        if len(found) > 1:
            what = f"{first} and {len(found) - 1} more are files"
        return self.finding(
            layer,
            f"{whose(layer)}{what} in which macOS keeps metadata (AppleDouble)",
            at={"path": entries.paths[found[0]], "offset": entries.offsets[found[0]]},
        )
