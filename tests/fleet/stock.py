"""Archives for the tests of sweeps, of layers that several of them share."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from checker.testing import Image, build, sample_image, write_tar
from checker.testing.tar import directory, file

KINDS = ("oci-archive", "podman-archive", "docker-oci-archive")
BASE = tuple(sample_image().layers)


def layer(number: int, size: int = 40_000) -> bytes:
    """A layer that differs from all others, of at least so many bytes."""
    content = random.Random(number).randbytes(size)
    return write_tar([directory("srv/"), file(f"srv/app-{number}", content)])


def image(number: int, layers: Sequence[bytes]) -> Image:
    """An image of the base and further layers."""
    return Image(layers=(*BASE, *layers), tags=(f"app-{number}:1",), compression="none")


def write_stock(folder: Path, archives: int, layers: int, size: int = 40_000) -> list[Path]:
    """Write archives in forms of several tools, each of two of some layers.

    Every fifth is cut in the middle.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = [layer(number, size) for number in range(layers)]
    paths = []
    for number in range(archives):
        chosen = (made[number % layers], made[(number * 3 + 1) % layers])
        data = build(KINDS[number % len(KINDS)], image(number, chosen)).tar()
        path = folder / f"app-{number:04}.tar"
        path.write_bytes(data[: len(data) // 2] if number % 5 == 4 else data)
        paths.append(path)
    return paths
