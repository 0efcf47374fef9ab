"""Image layouts as ``cosign save`` writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from checker.model.names import INDEX_TYPES

_KINDS = "dev.cosignproject.cosign"


def annotate(path: Path) -> None:
    """Annotate the first image of an ``index.json`` as one that cosign saved.

    One that cannot be decoded is left as it is: what cosign says of it is compared as well.
    """
    if path.is_symlink():
        return
    try:
        index: Any = json.loads(path.read_bytes())
        first = index["manifests"][0]
        what = "imageIndex" if first.get("mediaType") in INDEX_TYPES else "image"
        first["annotations"] = {**(first.get("annotations") or {}), "kind": f"{_KINDS}/{what}"}
        text = json.dumps(index)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return
    path.chmod(0o644)
    path.write_text(text)
