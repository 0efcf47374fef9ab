"""The image layouts in the archives of a corpus, as directories for the tools that read those."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from checker.model.names import INDEX_TYPES

_KINDS = "dev.cosignproject.cosign"


def layouts_of(archives: Iterable[tuple[str, Path]], folder: Path) -> Iterator[tuple[str, Path]]:
    """Unpack each archive with an ``index.json`` into a directory.

    The first image is annotated as one that cosign saved; archives that Python does not unpack are
    left out.

    Args:
        archives: The archives, with their names.
        folder: Where the directories are made.
    """
    for name, path in archives:
        layout = folder / name
        if _is_unpacked(path, layout) and (layout / "index.json").is_file():
            _annotate(layout / "index.json")
            yield name, layout


def _is_unpacked(path: Path, layout: Path) -> bool:
    layout.mkdir(parents=True)
    try:
        with tarfile.open(path) as archive:
            archive.extractall(layout, filter="data")
    except (tarfile.TarError, OSError, ValueError, EOFError, LookupError, ArithmeticError):
        return False
    return True


def _annotate(path: Path) -> None:
    try:
        index: Any = json.loads(path.read_bytes())
        first = index["manifests"][0]
        what = "imageIndex" if first.get("mediaType") in INDEX_TYPES else "image"
        first["annotations"] = {**(first.get("annotations") or {}), "kind": f"{_KINDS}/{what}"}
        text = json.dumps(index)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # It is left as it is: what the tools say of it is compared as well.
        return
    path.chmod(0o644)
    path.write_text(text)
