"""Files whose extensions are those of key and password stores and recordings.

Their content is not inspected: most of them are binary, and many are encrypted.

Sources: the endings in dockle, pkg/assessor/credential; the documentation of the programs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from itertools import compress
from operator import itemgetter
from types import MappingProxyType

from checker import Entries, Layer, Rootfs
from checker.model.entries import REGULAR
from checker.model.text_files import OTHERS
from checker.records import NamedTuple

_REGULAR = ord(REGULAR)
_KEYS = "a store of keys and certificates"
_DISK = "a key of an encrypted disk"
_DATABASE = "a database file"
ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys((".jks", ".p12", ".pfx", ".pkcs12", ".bcfks"), _KEYS),
        **dict.fromkeys((".keychain", ".agilekeychain"), "a keychain"),
        **dict.fromkeys((".kdb", ".kdbx", ".psafe3"), "a password database"),
        **dict.fromkeys((".bek", ".fve", ".tpm"), _DISK),
        **dict.fromkeys((".mdf", ".sdf"), _DATABASE),
        **dict.fromkeys((".private_key", ".ppk"), "a private key"),
        ".secret": "a secret",
        ".ovpn": "an OpenVPN configuration, which may contain keys",
        ".rdp": "a Remote Desktop connection, which may contain a password",
        ".cscfg": "an Azure service configuration",
        ".pcap": "a capture of network traffic",
        ".gnucash": "a GnuCash accounting file",
    }
)
"""The description of a file, by its extension."""

_ENDS = tuple(ending.encode() for ending in ENDINGS)
_LAST = frozenset(ending[-3:] for ending in ENDINGS)


class KeyFile(NamedTuple):
    """A file with such an extension.

    Attributes:
        layer: The layer that contains it.
        position: Its position in the layer.
        what: Description of such a file, for messages.
    """

    layer: Layer
    position: int
    what: str


def find_key_files(rootfs: Rootfs) -> Iterator[KeyFile]:
    """The visible files with such extensions."""
    for layer, hidden in rootfs.hidden():
        paths = layer.entries.paths
        for position, what in layer.entries.cached(_named_like_keys).items():
            if paths[position] not in hidden:
                yield KeyFile(layer, position, what)


def _named_like_keys(entries: Entries) -> dict[int, str]:
    """The files of a layer with such extensions, by position; images share layers."""
    # Of names in few characters, such as digests and numbers, none can end so.
    if not any(map(entries.path_bytes.issuperset, _ENDS)):
        return {}
    ends = map(itemgetter(slice(-3, None)), entries.paths)
    suspects = dict.fromkeys(compress(entries.paths, map(_LAST.__contains__, ends)))
    found: dict[int, str] = {}
    for path in suspects:
        what = ENDINGS.get(posixpath.splitext(path)[1])
        position = None if what is None else entries.by_path.get(path)
        if what is None or position is None or entries.kinds[position] != _REGULAR:
            continue
        if entries.sizes[position] and is_own(path):
            found[position] = what
    return found


def is_own(path: str) -> bool:
    """Whether a path is outside directories of tests, examples and installed packages."""
    return OTHERS.isdisjoint(path.split("/")[:-1])
