"""The operating system of an image as Docker 20.10 parses it."""

from __future__ import annotations

from checker.importing.errors import ImportRefusedError
from checker.importing.platforms import PLATFORM_20, parse_platform
from checker.model.names import Platform

_HOST = Platform("linux", "amd64")


def platform_error(specifier: str) -> str | None:
    """The error of parsing ``os``, ``os/architecture`` or ``os/architecture/variant``."""
    try:
        parse_platform(specifier, PLATFORM_20, _HOST)
    except ImportRefusedError as error:
        return str(error)
    return None
