"""The sizes that containers/image reads at most (v5.23 and v5.39, internal/iolimits).

Its other limits are for the answers of registries. The documents of an image layout, except the
config, are read whatever their size.
"""

from __future__ import annotations

_MEBIBYTE = 1 << 20
TAR_MANIFEST_LIMIT = _MEBIBYTE
"""Bytes of ``manifest.json`` in a docker-archive (MaxTarFileManifestSize)."""
CONFIG_LIMIT = 4 * _MEBIBYTE
"""Bytes of an image config (MaxConfigBodySize)."""


def size_error(size: int, limit: int) -> str | None:
    """The error of reading more bytes than a limit (ReadAtMost); None if there are not more."""
    return f"exceeded maximum allowed size of {limit} bytes" if size > limit else None
