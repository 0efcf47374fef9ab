"""The versions of Docker whose classic store is modelled."""

from __future__ import annotations

from typing import NamedTuple

from checker_engines.golang.json import Struct
from checker_engines.moby.archive import CHROOT, CHROOT_20, OS_ROOT, Dialect
from checker_engines.moby.image_config import CONFIG_20, CONFIG_28, CONFIG_29


class Version(NamedTuple):
    """What differs between versions.

    Attributes:
        name: Name of the profile.
        follows: The release that it was read from.
        dialect: How it extracts.
        config: How it decodes configs.
        manifest_prefix: What precedes an error in ``manifest.json``.
        loads_legacy: Whether it loads archives without ``manifest.json``.
        is_old: Whether it is older than 23: no zstd, extraction in a separate process that reads
            its input to the end, ``null`` accepted as manifest.json, and daemons that crash.
        reads_late_errors: Whether damage after the end of a layer's tar is an error.
    """

    name: str
    follows: str
    dialect: Dialect
    config: Struct
    manifest_prefix: str
    loads_legacy: bool
    is_old: bool
    reads_late_errors: bool


VERSIONS = (
    Version(
        name="docker-20.10",
        follows="20.10.24",
        dialect=CHROOT_20,
        config=CONFIG_20,
        manifest_prefix="",
        loads_legacy=True,
        is_old=True,
        reads_late_errors=True,
    ),
    Version(
        name="docker-28",
        follows="28.5.2",
        dialect=CHROOT,
        config=CONFIG_28,
        manifest_prefix="",
        loads_legacy=True,
        is_old=False,
        reads_late_errors=False,
    ),
    Version(
        name="docker-29-graphdriver",
        follows="29.7.2",
        dialect=OS_ROOT,
        config=CONFIG_29,
        manifest_prefix="invalid archive: failed to decode manifest.json: ",
        loads_legacy=False,
        is_old=False,
        reads_late_errors=True,
    ),
)
