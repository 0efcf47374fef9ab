"""What to set when a root filesystem is imported, as far as the root has it."""

from __future__ import annotations

from checker.model.archive import Archive
from checker.verdicts import Host


def import_advice(archive: Archive, host: Host) -> tuple[str, ...]:
    """How to set the metadata during an import: nothing is suggested that the root lacks.

    Args:
        archive: The archive of a root filesystem.
        host: The host of the engines.
    """
    if archive.rootfs is None:
        return ()
    # Few archives are root filesystems.
    from checker.importing.advice import advise_import

    found = advise_import(archive, archive.rootfs, host.platform)
    if found.command is None:
        why = f"{found.reason[0].upper()}{found.reason[1:]}"
        return (f"{why}: set the program to start with `docker import --change`.",)
    return (f"Set the metadata during the import: `{found.command}`",)
