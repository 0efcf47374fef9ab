"""One image in every dress that tar and compression allow, all of them healthy.

Sources: POSIX.1-2017 ``pax``, GNU tar manual ("Basic Tar Format"), RFC 1952 section 2.2 (several
members in one gzip file).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from checker import Kind
from checker.testing.archive import build
from checker.testing.image import Image
from checker.testing.tar import Member, compress, file, write_tar

from . import docker_tools, roots
from .parts import Sample, Samples, in_records

_OWNER = 65_532
_DEEP = "srv/" + "/".join(f"folder-{number:02}" for number in range(20))


def saved(layer: Iterable[Member] | bytes) -> Sample:
    """A layer on Alpine, as ``docker save`` writes it."""
    image = docker_tools.alpine_image()
    whole = layer if isinstance(layer, bytes) else tuple(layer)
    history = [{"created_by": f"step {number}"} for number in range(2)]
    config = {**image.config, "history": history}
    return docker_tools.docker_save(replace(image, layers=(*image.layers, whole), config=config))


def pax_numbers() -> Sample:
    """Owners whose numbers stand in pax records."""
    numbers = {"uid": str(_OWNER), "gid": str(_OWNER)}
    return saved([replace(file("srv/file", "x"), pax=numbers)])


def base_256() -> Sample:
    """Owners whose numbers stand in the binary form of GNU tar."""
    number = b"\x80" + _OWNER.to_bytes(7, "big")
    return saved([replace(file("srv/file", "x"), raw={"uid": number, "gid": number})])


def long_names_of_pax() -> Sample:
    """Names and targets beyond 100 bytes in pax records."""
    return saved(_long_names())


def long_names_of_gnu() -> Sample:
    """Names and targets beyond 100 bytes in members of their own."""
    return saved(replace(member, long_names="gnu") for member in _long_names())


def _long_names() -> tuple[Member, ...]:
    target = f"{_DEEP}/file"
    return (
        file(target, "x"),
        Member(f"{_DEEP}/symlink", typeflag=b"2", mode=0o777, linkname=f"/{target}"),
        Member(f"{_DEEP}/hard-link", typeflag=b"1", linkname=target),
    )


def split_names() -> Sample:
    """A name that is split over ``prefix`` and ``name``, as ustar has it."""
    fields = {"prefix": _DEEP[:146].encode(), "name": b"file"}
    return saved([replace(file("file", "x"), raw=fields)])


def bytes_in_names() -> Sample:
    """Names in Latin-1 and UTF-8, with blanks, and with all that a shell would not like."""
    names = (
        "srv/caf\udce9",
        "srv/café",
        "srv/a b",
        "srv/$(x) `y` 'z' \"w\"",
        "srv/*?[!]",
        "srv/-rf",
    )
    return saved(file(name, "x") for name in names)


def without_magic() -> Sample:
    """Headers of the time before ustar."""
    bare = {"magic": b"", "version": b"", "devmajor": b"", "devminor": b""}
    return saved(replace(file(f"srv/{name}", "x"), raw=bare) for name in "ab")


def numbers_of_busybox() -> Sample:
    """Numbers with a blank behind them, with blanks in front, and without a NUL."""
    fields = ({"mode": b"0000644 "}, {"mode": b"   644 \0"}, {"mtime": b"014524714740"})
    return saved(replace(file(f"srv/{n}", "x"), raw=raw) for n, raw in enumerate(fields))


def filled_records() -> Sample:
    """A layer that GNU tar filled up to its record."""
    return saved(in_records(roots.debian_app()))


def compressed_layers(kind: str) -> Sample:
    """An OCI archive whose layers are compressed in one way."""
    image: Image = replace(docker_tools.alpine_image(), compression=kind)
    return Sample(Kind.OCI_ARCHIVE, build("oci-archive", image).members)


def gzip_in_parts() -> Sample:
    """A layer of several gzip members, as parallel compressors write it."""
    image = docker_tools.alpine_image()
    tar = write_tar(roots.alpine())
    parts = (tar[start : start + 8192] for start in range(0, len(tar), 8192))
    pieces = b"".join(compress(part, "gzip") for part in parts)
    image = replace(image, compression="gzip", stored={0: pieces})
    return Sample(Kind.OCI_ARCHIVE, build("oci-archive", image).members)


def compressed(kind: str) -> Sample:
    """``docker save | gzip`` and the like."""
    return docker_tools.docker_save(docker_tools.alpine_image())._replace(compression=kind)


_COMPRESSED: dict[str, Callable[[], Sample]] = {
    **{f"layers, {kind}": partial(compressed_layers, kind) for kind in ("none", "gzip", "zstd")},
    **{f"whole, {kind}": partial(compressed, kind) for kind in ("gzip", "bzip2", "xz", "zstd")},
}
SAMPLES: Samples = MappingProxyType(
    {
        "numbers, pax": pax_numbers,
        "numbers, base 256": base_256,
        "long names, pax": long_names_of_pax,
        "long names, GNU": long_names_of_gnu,
        "long names, ustar": split_names,
        "bytes in names": bytes_in_names,
        "headers without magic": without_magic,
        "numbers with blanks": numbers_of_busybox,
        "filled records": filled_records,
        "gzip in parts": gzip_in_parts,
        **_COMPRESSED,
    }
)
"""The archives by name."""
