"""Files whose name ends as those of keys, passwords and recordings do.

Their content is not looked at: most of them are binary, and many are encrypted.

Sources: the endings in dockle, pkg/assessor/credential; the documentation of the programs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from checker.model.entries import REGULAR
from checker.model.image import Layer
from checker.model.rootfs import Rootfs
from checker_hygiene.finds import FOREIGN

_REGULAR = ord(REGULAR)
# To look through the names of more files takes longer than it is worth.
_MOST = 20_000
_KEYS = "a store of keys and certificates"
_DISK = "a key of an encrypted disk"
_DATABASE = "a file of a database"
ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys((".jks", ".p12", ".pfx", ".pkcs12", ".bcfks"), _KEYS),
        **dict.fromkeys((".keychain", ".agilekeychain"), "a keychain"),
        **dict.fromkeys((".kdb", ".kdbx", ".psafe3"), "a safe of passwords"),
        **dict.fromkeys((".bek", ".fve", ".tpm"), _DISK),
        **dict.fromkeys((".mdf", ".sdf"), _DATABASE),
        **dict.fromkeys((".private_key", ".ppk"), "a private key"),
        ".secret": "a secret",
        ".ovpn": "a configuration of OpenVPN, which may hold keys",
        ".rdp": "a connection of Remote Desktop, which may hold a password",
        ".cscfg": "a configuration of a service of Azure",
        ".pcap": "a recording of network traffic",
        ".gnucash": "somebody's accounts",
    }
)
"""What a file is, by the end of its name."""

_LAST = frozenset(ending[-3:] for ending in ENDINGS)


class Suspect(NamedTuple):
    """A file whose name ends so.

    Attributes:
        layer: The layer that holds it.
        position: Its position in the layer.
        what: What such a file is.
    """

    layer: Layer
    position: int
    what: str


def suspects_of(rootfs: Rootfs) -> Iterator[Suspect]:
    """The visible files whose names end so; none of a root with very many files."""
    if sum(len(layer.entries) for layer in rootfs.layers) > _MOST:
        return
    for layer, hidden in rootfs.hidden():
        entries = layer.entries
        if _LAST.isdisjoint(map(itemgetter(slice(-3, None)), entries.paths)):
            continue
        for path, position in entries.by_path.items():
            if path[-3:] not in _LAST or entries.kinds[position] != _REGULAR or path in hidden:
                continue
            what = ENDINGS.get(posixpath.splitext(path)[1])
            if what is not None and entries.sizes[position] and is_own(path):
                yield Suspect(layer, position, what)


def is_own(path: str) -> bool:
    """Whether a path does not lie in a folder of tests, examples or installed packages."""
    return FOREIGN.isdisjoint(path.split("/")[:-1])
