"""Where overlays can be mounted: in a directory, or in a file system in a file there."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FILE_SYSTEM_BYTES: Final = 2 * 1024**3
"""Size of the file system; a file of it only takes the space that is used."""
_LAYERS: Final = ("lower", "upper", "work", "merged")


def overlay_problem(folder: Path) -> str | None:
    """Why no overlay of directories below a directory can be mounted; None if it can.

    That directory may be on an overlay itself, and a kernel may not allow mounts at all.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        lower, upper, work, merged = (Path(place) / each for each in _LAYERS)
        for each in (lower, upper, work, merged):
            each.mkdir()
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        problem = _problem("mount", "-t", "overlay", "overlay", "-o", options, str(merged))
        if problem is None:
            subprocess.run(["umount", merged], check=True)
        return problem


def overlay_to_skip(folder: Path) -> str | None:
    """Why engines cannot use overlays below a directory, even with a file system in a file."""
    if overlay_problem(folder) is None:
        return None
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file, point = Path(place) / "file", Path(place) / "point"
        point.mkdir()
        problem = _mount_file(file, point)
        if problem is None:
            try:
                problem = overlay_problem(point)
            finally:
                subprocess.run(["umount", point], check=True)
        return None if problem is None else f"overlays cannot be mounted here: {problem}"


@contextlib.contextmanager
def overlay_place(folder: Path) -> Iterator[Path]:
    """A directory below which overlays can be mounted: this one, or a file system in a file there.

    Raises:
        OSError: There is none; see `overlay_to_skip`.
    """
    if overlay_problem(folder) is None:
        yield folder
        return
    file, point = folder / "overlays.ext4", folder / "overlays"
    point.mkdir()
    problem = _mount_file(file, point)
    if problem is not None:
        raise OSError(problem)
    try:
        yield point
    finally:
        subprocess.run(["umount", point], check=True)
        file.unlink()


def _mount_file(file: Path, point: Path) -> str | None:
    """Make a file system in a file and mount it; the error, if that fails."""
    with file.open("wb") as output:
        output.truncate(FILE_SYSTEM_BYTES)
    problem = _problem("mkfs.ext4", "-q", str(file))
    return problem or _problem("mount", "-o", "loop", str(file), str(point))


def _problem(*command: str) -> str | None:
    """The error of a command; None if it succeeds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    said = done.stderr.strip() or f"exit {done.returncode}"
    return None if done.returncode == 0 else f"{command[0]}: {said.splitlines()[0]}"
