"""The runs that are counted: short ones, of which each takes another way through the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from checker.testing.archive import build, sample
from checker.testing.image import sample_image
from checker.testing.tar import Member, file

_FILES = 2_000
_ARCHIVES = 5
_BYTES = 4 << 20


class Case(NamedTuple):
    """A run that is counted.

    Attributes:
        arguments: Of the checker; ``*`` stands for the files, in their order.
        files: Their contents by their names.
        code: The exit code.
    """

    arguments: tuple[str, ...]
    files: Mapping[str, Callable[[], bytes]]
    code: int = 0

    def words(self, folder: Path) -> list[str]:
        """The arguments, with the files in a directory, which are written if they are missing."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / name for name in self.files]
        for path in paths:
            if not path.exists():
                path.write_bytes(self.files[path.name]())
        names = [str(path) for path in paths]
        return [word for each in self.arguments for word in (names if each == "*" else [each])]


def _many_files() -> bytes:
    return _with_layer(tuple(map(_small_file, range(_FILES))))


def _many_pax_headers() -> bytes:
    """Files of which each has a time with a fraction, as BuildKit and Podman write them."""
    return _with_layer(
        tuple(
            replace(_small_file(number), pax={"mtime": f"1700000000.{number:09}"})
            for number in range(_FILES)
        )
    )


def _with_layer(layer: tuple[Member, ...]) -> bytes:
    image = sample_image()
    return build("docker-archive", replace(image, layers=(*image.layers, layer))).tar()


def _small_file(number: int) -> Member:
    return file(f"srv/{number // 100:03}/item-{number:05}.txt", f"{number}\n" * (number % 40))


def _large_file() -> bytes:
    image = sample_image()
    layer = (file("srv/large", b"0123456789abcdef" * (_BYTES // 16)),)
    return build("oci-archive", replace(image, layers=(*image.layers, layer))).tar()


def _cut() -> bytes:
    """An archive that ends in the middle, which most rules have something to say about."""
    whole = sample()
    return whole[: len(whole) * 2 // 3]


CASES: Mapping[str, Case] = {
    "the help": Case(("--help",), {}),
    "a tiny docker-archive": Case(("check", "*"), {"tiny.docker.tar": sample}),
    "a tiny oci-archive": Case(("check", "*"), {"tiny.oci.tar": lambda: sample("oci-archive")}),
    "a cut docker-archive": Case(("check", "*"), {"cut.docker.tar": _cut}, code=1),
    f"{_FILES:,} files": Case(("check", "*"), {"files.docker.tar": _many_files}),
    f"{_FILES:,} files with PAX headers": Case(
        ("check", "*"), {"pax.docker.tar": _many_pax_headers}
    ),
    "4 MiB in an oci-archive": Case(("check", "*"), {"large.oci.tar": _large_file}),
    f"{_ARCHIVES} archives": Case(
        ("check", "-j", "1", "*"), {f"{number}.docker.tar": sample for number in range(_ARCHIVES)}
    ),
    "the plan of an import": Case(("import-plan", "*"), {"root.tar": lambda: sample("rootfs")}),
}
