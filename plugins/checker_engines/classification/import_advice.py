"""What to set when a root filesystem is imported, as far as the root has it."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.model.names import Platform

_HOST = Platform("linux", "amd64")


def import_advice(archive: Archive) -> tuple[str, ...]:
    """How to set the metadata during an import: nothing is suggested that the root lacks.

    Args:
        archive: The archive of a root filesystem.
    """
    if archive.rootfs is None:
        return ()
    # Few archives are root filesystems.
    from checker.importing.advice import advise_import

    found = advise_import(archive, archive.rootfs, _HOST)
    if found.command is None:
        missing = f"Nothing in it that a container could run was found ({found.reason})"
        return (f"{missing}: set the program to start with `docker import --change`.",)
    return (f"Set the metadata during the import: `{found.command}`",)
