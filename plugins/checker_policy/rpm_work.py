"""Reads a database of rpm, in a process of its own."""

from __future__ import annotations

from checker.typing_names import Any


def work(request: dict[str, Any]) -> list[tuple[str, str]] | str:
    """Read a database.

    Args:
        request: ``file``, its path.

    Returns:
        Name and version of each package; a text if it cannot be read.
    """
    from pyrpmdb import get_rpm_db_info

    found = get_rpm_db_info(request["file"])
    if not isinstance(found, list):
        text = str(found.get("error", "")) if isinstance(found, dict) else ""
        return text.replace(request["file"], "it")[:200] or "it is no database of rpm"
    return [(str(each.get("Name", "")), _version(each)) for each in found]


def _version(package: dict[str, Any]) -> str:
    """Epoch, version and release, as rpm writes them."""
    epoch = package.get("Epoch")
    version = f"{package.get('Version', '')}-{package.get('Release', '')}"
    return version if epoch is None else f"{epoch}:{version}"
