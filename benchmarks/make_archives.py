"""The archives that are measured, created once and kept.

Run: `python -m benchmarks.make_archives [DIRECTORY]`. Needs debootstrap (root, a Debian mirror) and
Skopeo for the archives of a Debian system; the others need only Skopeo. Archives that cannot be
created are skipped, with the reason.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_FOLDER: Final = Path("build/bench")
SUITE: Final = "bookworm"
FOLDERS: Final = 400
FILES_PER_FOLDER: Final = 500
DOCKER: Final = "docker-archive"
OCI: Final = "oci-archive"


class MissingProgramError(Exception):
    """A program is missing, or may not run as this user."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive to measure.

    Attributes:
        name: Name of the content.
        form: Skopeo's transport: docker-archive (plain layers) or oci-archive (compressed).
        path: Path of the archive.
    """

    name: str
    form: str
    path: Path


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise MissingProgramError(f"{program} is not installed")


def _debootstrap(layer: Path) -> None:
    """Write a minimal Debian as a tar."""
    _need("debootstrap", "tar")
    if os.geteuid() != 0:
        raise MissingProgramError("debootstrap needs root")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=layer.parent) as scratch:
        root = Path(scratch) / "root"
        subprocess.run(
            ["debootstrap", "--variant=minbase", SUITE, root],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(["tar", "--numeric-owner", "-C", root, "-cf", layer, "."], check=True)


def _small_files() -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for folder_number in range(FOLDERS):
        folder = tarfile.TarInfo(f"srv/{folder_number:03}")
        folder.type = tarfile.DIRTYPE
        folder.mode = 0o755
        yield folder, b""
        for number in range(FILES_PER_FOLDER):
            content = f"file {folder_number} {number}\n".encode() * (1 + (number * 13) % 40)
            file = tarfile.TarInfo(f"{folder.name}/item-{number:03}.txt")
            file.size = len(content)
            file.mode = 0o644
            yield file, content


def _write_tar(layer: Path, entries: Iterator[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))


def _many_files(layer: Path) -> None:
    """Write 200,000 small files as a tar."""
    _write_tar(layer, _small_files())


def _tiny(layer: Path) -> None:
    """Write two small files as a tar."""
    passwd = b"root:x:0:0:root:/root:/bin/sh\n"
    entry = tarfile.TarInfo("etc/passwd")
    entry.size = len(passwd)
    _write_tar(layer, iter([(entry, passwd)]))


CONTENTS: Final[dict[str, Callable[[Path], None]]] = {
    "tiny": _tiny,
    "debootstrap": _debootstrap,
    "many-files": _many_files,
}


# Contents of which there is a third form, whose layers are compressed with zstd instead of gzip.
_ZSTD: Final = "-zstd"
WITH_ZSTD: Final = frozenset({"debootstrap"})


def _skopeo(source: str, target: str, *options: str) -> None:
    _need("skopeo")
    subprocess.run(
        ["skopeo", "--insecure-policy", "copy", "--quiet", *options, source, target],
        check=True,
    )


def _make(name: str, folder: Path) -> list[Archive]:
    """Return both forms of one content, creating those that do not exist.

    Raises:
        MissingProgramError: It cannot be created on this host.
    """
    docker = Archive(name, DOCKER, folder / f"{name}.docker.tar")
    oci = Archive(name, OCI, folder / f"{name}.oci.tar")
    if docker.path.exists() and oci.path.exists():
        return [docker, oci]
    with tempfile.TemporaryDirectory(prefix="making-", dir=folder) as scratch:
        layer = Path(scratch) / f"{name}.tar"
        CONTENTS[name](layer)
        made_docker = Path(scratch) / "docker.tar"
        made_oci = Path(scratch) / "oci.tar"
        _skopeo(f"tarball:{layer}", f"docker-archive:{made_docker}:bench/{name}:1")
        _skopeo(f"docker-archive:{made_docker}", f"oci-archive:{made_oci}:bench/{name}:1")
        made_docker.rename(docker.path)
        made_oci.rename(oci.path)
    return [docker, oci]


def is_zstd(archive: Archive) -> bool:
    """Whether the layers of an archive are compressed with zstd."""
    return archive.name.endswith(_ZSTD)


def _make_zstd(docker: Archive) -> Archive:
    """Return an OCI archive of the same content with zstd layers, created if it does not exist."""
    found = Archive(f"{docker.name}{_ZSTD}", OCI, docker.path.with_name(f"{docker.name}.zstd.tar"))
    if not found.path.exists():
        part = found.path.with_suffix(".part")
        target = f"oci-archive:{part}:bench/{docker.name}:1"
        _skopeo(f"docker-archive:{docker.path}", target, "--dest-compress-format", "zstd")
        part.rename(found.path)
    return found


def make_archives(folder: Path) -> list[Archive]:
    """Return the archives that can be created, and print the others to standard error."""
    folder.mkdir(parents=True, exist_ok=True)
    archives: list[Archive] = []
    for name in CONTENTS:
        try:
            archives += _make(name, folder)
            if name in WITH_ZSTD:
                archives.append(_make_zstd(archives[-2]))
        except MissingProgramError as error:
            sys.stderr.write(f"{name}: skipped: {error}\n")
    return archives


def make_root(archive: Archive) -> Path:
    """Return the largest layer of a Docker archive as a root filesystem, made if it is missing."""
    path = archive.path.with_name(f"{archive.name}.rootfs.tar")
    if path.exists():
        return path
    with tarfile.open(archive.path) as members, path.with_suffix(".part").open("wb") as target:
        layer = max(members.getmembers(), key=lambda member: member.size)
        content = members.extractfile(layer)
        assert content is not None
        shutil.copyfileobj(content, target)
    path.with_suffix(".part").rename(path)
    return path


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.make_archives")
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT_FOLDER)
    for archive in make_archives(parser.parse_args().folder):
        print(f"{archive.path}  {archive.path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
