"""The seeds of the fuzz targets, all of them made by ``checker.testing``."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from checker.testing.archive import KINDS, build, sample
from checker.testing.image import Image, sample_image
from checker.testing.tar import Member, compress, directory, file, symlink, write_tar

_COMPRESSIONS = ("none", "gzip", "bzip2", "xz", "zstd")


def _odd_layer() -> tuple[Member, ...]:
    return (
        directory("etc"),
        file("etc/.wh.passwd", ""),
        file("etc/.wh..wh..opq", ""),
        file(".wh.a/b/c", "x"),
        symlink("bin", "usr/bin"),
        file("bin/sh", "#!/bin/false\n"),
        Member("hard", typeflag=b"1", linkname="etc/passwd"),
        Member("null", typeflag=b"3"),
        file("x" * 150, "long"),
        Member("attributes", pax={"SCHILY.xattr.user.a": "b", "mtime": "1.5", "uid": "70000"}),
        Member("sparse", b"x", pax={"GNU.sparse.map": "0,1", "GNU.sparse.numblocks": "1"}),
    )


def archives() -> Iterator[bytes]:
    """Every kind of archive, and compressed ones."""
    yield from map(sample, KINDS)
    yield from (compress(sample(), kind) for kind in _COMPRESSIONS)
    yield build("rootfs", Image(layers=(_odd_layer(),))).tar()


def numbered_archives() -> Iterator[bytes]:
    """The same after a byte that says what is done with it."""
    for number, archive in enumerate(archives()):
        yield from (bytes((first,)) + archive for first in (number % 5, number + 64))


def trees() -> Iterator[bytes]:
    """Tars whose files a directory is made of."""
    yield from (sample(kind) for kind in KINDS if kind != "empty")
    yield write_tar(_odd_layer())


def layers() -> Iterator[bytes]:
    """Plain layers."""
    yield write_tar(_odd_layer())
    yield from (each for each in sample_image().layers if isinstance(each, bytes))
    yield write_tar((file("bin/app", "", mode=0o755),))


def slots() -> Iterator[bytes]:
    """The documents of an image, after the number of their place."""
    texts = tuple(json_texts())
    for slot in range(6):
        yield from (bytes((slot,)) + text for text in texts)


def json_texts() -> Iterator[bytes]:
    """JSON documents."""
    for member in build("docker-oci-archive", sample_image()).members:
        if member.content.startswith((b"{", b"[")):
            yield member.content
    yield rb'{"a": "\ud800\udc00\udc00", "a": [1e400, -0, null, true, {"b": {}}]} x'
    yield b'\xef\xbb\xbf{"a": "\xff", "n": ' + b"1" * 4301 + b"}"


def steps() -> Iterator[bytes]:
    """Steps of a build, variables, commands and users."""
    yield b"/bin/sh -c apt-get install -y curl && rm -rf /var/lib/apt/lists/*"
    yield b"ENV A=b\0RUN |1 TOKEN=x /bin/sh -c make # buildkit\0CMD-SHELL\0curl -u a:b http://x"
    yield b"1000:1000\0PATH=/bin:/usr/bin\0DB_PASSWORD=hunter2hunter2"


def tars() -> Iterator[bytes]:
    """Tars."""
    yield from layers()
    yield sample("layer")


def compressed() -> Iterator[bytes]:
    """Streams of each compression, sound, repeated, cut and corrupt."""
    data = write_tar((file("a", "content " * 300),))
    for kind in _COMPRESSIONS[1:]:
        stream = compress(data, kind)
        yield stream
        yield stream + stream + b"\0" * 20
        yield stream[:-9]
        yield stream[:40] + b"\xff" + stream[41:]
    yield gzip.compress(data, mtime=1)


def pax_bodies() -> Iterator[bytes]:
    """Bodies of PAX headers."""
    yield b"11 path=a/\n20 mtime=1700000000.5\n"
    yield b"30 SCHILY.xattr.user.name=x=y\n22 GNU.sparse.major=1\n"
    yield b"21 GNU.sparse.offset=\n22 GNU.sparse.numbytes\n"


def references() -> Iterator[bytes]:
    """References and digests."""
    yield b"docker.io/library/alpine:3.20@sha256:" + b"0" * 64
    yield b"localhost:5000/a/b__c:tag"
    yield b"[::1]:5000/a"
    yield b"sha512:" + b"f" * 128


def changes() -> Iterator[bytes]:
    """Options of an import."""
    yield b'ENTRYPOINT ["/a"]\0CMD b "c" $D\0EXPOSE 80/tcp 1-3/udp [::1]:1:2'
    yield b'ENV A=\'b c\' D="$A\\"" E=${A:-x}${A#b*}${A//b/c}\0LABEL a b c\0USER $A\0WORKDIR a/../b'
    yield b'HEALTHCHECK --interval=1m30s --retries=3 CMD ["a"]\0VOLUME ["/a", "$A"]\0STOPSIGNAL 9'
    yield b"# escape=`\0ONBUILD RUN <<-'EOF' a \n\tb\n\tEOF\0CMD a `\n# c\n\nb"


def times() -> Iterator[bytes]:
    """Timestamps."""
    yield b"2024-01-01T00:00:00Z"
    yield b"2024-02-30T24:00:60.123456789+23:59"
    yield b"0001-01-01T0:00:00,5-00:00"


def settings_files() -> Iterator[bytes]:
    """Settings."""
    yield b'select = ["ARC"]\nignore = ["HYG", ""]\nfail-on = "warning"\nas = "load"\njobs = 2\n'
    yield b'[[waive]]\nrule = "ARC001"\nreason = "x"\nuntil = 2030-01-01\n[limits]\nentries = 5\n'
    yield b'[severity]\nARC001 = "note"\n[rules.HYG008]\naccept = ["x"]\n[rules.HYG022]\nx = 1\n'
    yield b'host = "linux/arm64"\nengine = ["docker-28:load"]\nno-plugin = []\n'
