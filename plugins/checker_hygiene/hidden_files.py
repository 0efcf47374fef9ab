"""The files of a root filesystem that are stored in a layer and not visible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from checker import Rootfs
from checker.model.entries import DIRECTORY
from checker_hygiene.kept_files import once_for_each_root

_DIRECTORY = ord(DIRECTORY)


@once_for_each_root
def hidden_files(rootfs: Rootfs) -> Iterator[list[int]]:
    """The positions of the invisible files of each layer, base first.

    A layer that is listed several times is looked at once.
    """
    known: dict[tuple[int, int], list[int]] = {}
    for layer, hidden in reversed(list(rootfs.hidden())):
        entries = layer.entries
        key = (id(entries), id(hidden))
        if key not in known:
            kinds = entries.kinds
            files = hidden - entries.whiteouts if entries.whiteouts else hidden
            positions = positions_of(files, entries.by_path)
            known[key] = [i for i in positions if kinds[i] != _DIRECTORY]
        yield known[key]


def positions_of(wanted: AbstractSet[str], by_path: Mapping[str, int]) -> list[int]:
    """The positions of those paths of a layer that are wanted.

    In the order of the layer if there are many, since sequential memory access is faster.
    """
    if len(wanted) < len(by_path) // 4:
        return [by_path[path] for path in wanted if path in by_path]
    return [position for path, position in by_path.items() if path in wanted]
