"""Small archives that ask for much work: each multiplies something by ``n``.

Nothing here is random: the same number gives the same archive.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from checker.testing import Member, write_tar
from checker.testing.elf import elf
from checker.testing.image import sha256
from checker.testing.tar import (
    compress,
    directory,
    file,
    hardlink,
    opaque,
    pax_global,
    symlink,
    whiteout,
)

BASE: Final = (
    directory("etc"),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
    directory("bin"),
    file("bin/sh", "#!/bin/x\n", mode=0o755),
)
_CREATED: Final = "2024-01-01T00:00:00Z"
_LAYER_TYPE: Final = "application/vnd.oci.image.layer.v1.tar"
_CONFIG_TYPE: Final = "application/vnd.oci.image.config.v1+json"
_MANIFEST_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"
_INDEX_TYPE: Final = "application/vnd.oci.image.index.v1+json"
_SKIPPABLE: Final = b"\x50\x2a\x4d\x18\0\0\0\0"
_ZSTD: Final = bytes.fromhex("28b52ffd2000010000")
_MIB: Final = 1 << 20


class Hostile(NamedTuple):
    """An archive, and what makes it large.

    Attributes:
        data: Its bytes.
        entries: Entries of all tars in it.
        json_bytes: Bytes of its documents, decompressed.
    """

    data: bytes
    entries: int = 0
    json_bytes: int = 0


class Generator(NamedTuple):
    """A way to make an archive expensive.

    Attributes:
        make: Makes it, for a size.
        size: The smaller size of the benchmark.
        small: A size that a test can afford.
    """

    make: Callable[[int], Hostile]
    size: int
    small: int


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _config(diff_ids: Sequence[str], **more: object) -> bytes:
    return _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": _CREATED,
            "config": {"Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": list(diff_ids)},
            "history": [{"created": _CREATED, "created_by": "x"} for _ in diff_ids],
            **more,
        }
    )


def _digest(data: bytes) -> str:
    return f"sha256:{sha256(data)}"


def _docker(
    layers: Sequence[bytes],
    configs: Sequence[bytes],
    manifest: object,
    *,
    entries: int = 0,
    more: Iterable[Member] = (),
) -> Hostile:
    members = [file(f"l{number}/layer.tar", data) for number, data in enumerate(layers)]
    documents = [file(f"{sha256(config)}.json", config) for config in configs]
    documents.append(file("manifest.json", _json(manifest)))
    others = list(more)
    read = [*documents, *(member for member in others if member.content[:1] in (b"{", b"["))]
    return Hostile(
        write_tar([*members, *others, *documents]),
        entries + len(members) + len(others),
        sum(len(member.content) for member in read),
    )


def _item(config: bytes, layers: Iterable[int], tag: str = "app:1") -> dict[str, object]:
    return {
        "Config": f"{sha256(config)}.json",
        "RepoTags": [tag],
        "Layers": [f"l{number}/layer.tar" for number in layers],
    }


def _one_image(
    layers: Sequence[Sequence[Member]],
    more: Iterable[Member] = (),
    settings: Mapping[str, object] = MappingProxyType({}),
) -> Hostile:
    """One Docker image of layers that are given by their entries."""
    tars = [write_tar(members) for members in layers]
    config = _config([_digest(data) for data in tars], **settings)
    manifest = [_item(config, range(len(tars)))]
    return _docker(tars, [config], manifest, entries=sum(map(len, layers)), more=more)


def _oci(blobs: Sequence[bytes], index: object) -> Hostile:
    members = [file("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')]
    members.append(file("index.json", _json(index)))
    members += [file(f"blobs/sha256/{sha256(blob)}", blob) for blob in blobs]
    documents = sum(len(each.content) for each in members if each.content[:1] == b"{")
    return Hostile(write_tar(members), len(members), documents)


def _descriptor(data: bytes, media_type: str, **more: object) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(data), "size": len(data), **more}


def _oci_image(layers: int = 1) -> tuple[list[bytes], dict[str, Any]]:
    """The blobs of an image that lists one layer several times, and its descriptor."""
    layer = write_tar(BASE)
    config = _config([_digest(layer)] * layers)
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST_TYPE,
            "config": _descriptor(config, _CONFIG_TYPE),
            "layers": [_descriptor(layer, _LAYER_TYPE)] * layers,
        }
    )
    return [layer, config, manifest], _descriptor(manifest, _MANIFEST_TYPE)


def _files(count: int, pattern: str = "d/%08d") -> list[Member]:
    return [file(pattern % number) for number in range(count)]


def _odd(count: int) -> list[Member]:
    """A layer that engines extract entry by entry, since a path occurs twice."""
    return [*BASE, *_files(count), file("etc/passwd")]


# --- images, layers and descriptors


def many_images(n: int) -> Hostile:
    """Many images that share a config and a layer."""
    layer = write_tar(BASE)
    config = _config([_digest(layer)])
    items = [_item(config, (0,), f"app:{number}") for number in range(n)]
    return _docker([layer], [config], items, entries=len(BASE))


def many_names(n: int) -> Hostile:
    """One image with many names."""
    layer = write_tar(BASE)
    config = _config([_digest(layer)])
    item = _item(config, (0,)) | {"RepoTags": [f"app:{number}" for number in range(n)]}
    return _docker([layer], [config], [item], entries=len(BASE))


def images_with_shared_layers(n: int) -> Hostile:
    """Many images, each with the same 20 layers of 1,000 files."""
    stack = [[*BASE, *_files(1000, f"d{number}/%06d")] for number in range(20)]
    layers = [write_tar(members) for members in stack]
    digests = [_digest(data) for data in layers]
    configs = [_config(digests, author=str(number)) for number in range(n)]
    items = [_item(config, range(20), f"app:{i}") for i, config in enumerate(configs)]
    return _docker(layers, configs, items, entries=sum(map(len, stack)))


def images_with_an_odd_layer(n: int) -> Hostile:
    """Many images over one layer whose extraction has to be followed."""
    members = _odd(5000)
    layer = write_tar(members)
    configs = [_config([_digest(layer)], author=str(number)) for number in range(n)]
    items = [_item(config, (0,), f"app:{i}") for i, config in enumerate(configs)]
    return _docker([layer], configs, items, entries=len(members))


def one_layer_again_and_again(n: int) -> Hostile:
    """One image that lists one layer many times."""
    layer = write_tar(BASE)
    config = _config([_digest(layer)] * n)
    return _docker([layer], [config], [_item(config, [0] * n)], entries=len(BASE))


def one_layer_with_many_diff_ids(n: int) -> Hostile:
    """The same, each time with another diffID and many entries."""
    members = [*BASE, *_files(5000)]
    config = _config([f"sha256:{number:064x}" for number in range(n)])
    return _docker([write_tar(members)], [config], [_item(config, [0] * n)], entries=len(members))


def empty_manifest_items(n: int) -> Hostile:
    """A manifest.json of empty objects."""
    return _docker([], [], [{}] * n)


def oci_layers(n: int) -> Hostile:
    """An OCI image that lists one layer many times."""
    blobs, descriptor = _oci_image(n)
    return _oci(blobs, {"schemaVersion": 2, "manifests": [descriptor]})


def absent_manifests(n: int) -> Hostile:
    """An index of manifests that are not in the archive."""
    blobs, descriptor = _oci_image()
    absent = [
        {"mediaType": _MANIFEST_TYPE, "digest": f"sha256:{i:064x}", "size": 5} for i in range(n)
    ]
    return _oci(blobs, {"schemaVersion": 2, "manifests": [descriptor, *absent]})


def indexes_of_the_same(n: int) -> Hostile:
    """Many indexes that each list the same manifest many times."""
    blobs, descriptor = _oci_image()
    indexes = [
        _json({"schemaVersion": 2, "manifests": [descriptor] * 100, "annotations": {"a": str(i)}})
        for i in range(n)
    ]
    listed = [_descriptor(index, _INDEX_TYPE) for index in indexes]
    return _oci([*blobs, *indexes], {"schemaVersion": 2, "manifests": listed})


# --- paths


def deep_paths(n: int) -> Hostile:
    """Entries 2,000 directories deep, which share none."""
    return _one_image([[*BASE, *(file(f"{i:04x}/" + "a/" * 2000 + "f") for i in range(n))]])


def deep_whiteouts(n: int) -> Hostile:
    """The same, and an upper layer that hides each."""
    paths = [f"{i:04x}/" + "a/" * 2000 + "f" for i in range(n)]
    return _one_image([[*BASE, *map(file, paths)], list(map(whiteout, paths))])


def deep_root(n: int) -> Hostile:
    """A root filesystem of such entries."""
    members = [*BASE, *(file(f"{i:04x}/" + "a/" * 2000 + "f") for i in range(n))]
    return Hostile(write_tar(members), len(members))


def paths_through_a_link(n: int) -> Hostile:
    """Files whose directories are one symlink to itself, over and over."""
    links = [symlink("d", "."), *_files(n, "d/" * 12 + "f%07d")]
    return _one_image([[*BASE, *links]])


def chain_of_symlinks(n: int) -> Hostile:
    """Symlinks that each lead to the next."""
    return _one_image([[*BASE, *(symlink(f"s{i}", f"s{i + 1}") for i in range(n))]])


def chain_of_hard_links(n: int) -> Hostile:
    """Hard links that each lead to the one before."""
    links = [hardlink(f"h{i + 1:07d}", f"h{i:07d}") for i in range(n)]
    return _one_image([[*BASE, file("h0000000"), *links]])


def repeated_paths(n: int) -> Hostile:
    """A layer with one path again and again."""
    return _one_image([[*BASE, *[file("same")] * n]])


def repeated_members(n: int) -> Hostile:
    """An archive with one member again and again."""
    return _one_image([BASE], [file("same")] * n)


def long_working_directory(n: int) -> Hostile:
    """A working directory of many parts."""
    return _one_image([BASE], settings={"config": {"WorkingDir": "a/" * n}})


def long_layer_path(n: int) -> Hostile:
    """A layer at a path of many parts, which does not exist."""
    config = _config([])
    item = {"Config": f"{sha256(config)}.json", "RepoTags": None, "Layers": ["a/" * n + "x"]}
    return _docker([], [config], [item])


def whiteouts_of_all(n: int) -> Hostile:
    """A layer that hides each file of the one below it."""
    files = _files(n)
    return _one_image([[*BASE, *files], [whiteout(member.name) for member in files]])


def repeated_paths_in_a_root(n: int) -> Hostile:
    """A root filesystem with one path again and again."""
    return Hostile(write_tar([*BASE, *[file("same")] * n]), n)


def loop_of_hard_links(n: int) -> Hostile:
    """Hard links that each lead to the one after, which does not exist yet."""
    links = [hardlink(f"h{i:07d}", f"h{i + 1:07d}") for i in range(n)]
    return _one_image([[*BASE, *links]])


def linked_directories(n: int) -> Hostile:
    """Symlinks to directories, and a file below each."""
    links = [symlink(f"l{i:07d}", f"t/{i:07d}") for i in range(n)]
    files = _files(n, "l%07d/f")
    both = [member for pair in zip(links, files, strict=True) for member in pair]
    return _one_image([[*BASE, *both]])


def unclean_names(n: int) -> Hostile:
    """Files whose names leave the root and return."""
    return _one_image([[*BASE, *_files(n, "./" * 40 + "..//x%07d")]])


def below_a_linked_directory(n: int) -> Hostile:
    """A root filesystem of which most is below one symlink to a directory."""
    members = [*BASE, directory("usr"), symlink("lib", "usr"), *_files(n, "lib/%08d")]
    return Hostile(write_tar(members), len(members))


def one_odd_layer_again_and_again(n: int) -> Hostile:
    """One image that lists a layer many times whose extraction has to be followed."""
    members = [*BASE, directory("usr"), symlink("lib", "usr"), *_files(100, "lib/%08d")]
    layer = write_tar(members)
    config = _config([_digest(layer)] * n)
    return _docker([layer], [config], [_item(config, [0] * n)], entries=len(members))


# --- layers


def layers_of_a_thousand(n: int) -> Hostile:
    """Layers of somewhat more than a thousand files, each in another directory."""
    return _one_image([[*BASE, *_files(1001, f"d{number}/%06d")] for number in range(n)])


def layers_of_the_same_files(n: int) -> Hostile:
    """The same, all in one directory: each layer replaces the one below it."""
    return _one_image([[*BASE, *_files(1001, "d/%06d"), file(f"u{number}")] for number in range(n)])


def layers_of_ten_thousand(n: int) -> Hostile:
    """Layers of 10,000 files."""
    return _one_image([[*BASE, *_files(10_000, f"d{number}/%06d")] for number in range(n)])


def one_layer_with_whiteouts_again_and_again(n: int) -> Hostile:
    """One image that lists a layer of files and whiteouts many times."""
    members = [*BASE, *_files(5000), whiteout("e/x"), opaque("d")]
    layer = write_tar(members)
    config = _config([_digest(layer)] * n)
    return _docker([layer], [config], [_item(config, [0] * n)], entries=len(members))


def opaque_directories(n: int) -> Hostile:
    """Directories of which the upper layer removes the content, each by an opaque whiteout."""
    files = _files(n, "d%08d/x")
    return _one_image([[*BASE, *files], [opaque(f"d{number:08}") for number in range(n)]])


def _texts(lines: Sequence[str], layers: int) -> Hostile:
    """Layers of 64 text files of 64 KiB that repeat lines, each file with another last line."""
    text = "\n".join(lines)
    text = (text * (1 + (1 << 16) // len(text)))[: (1 << 16) - 10]
    return _one_image(
        [
            [
                *BASE,
                *(file(f"app/{number}.conf", f"{text}\n{layer}/{number}") for number in range(64)),
            ]
            for layer in range(layers)
        ]
    )


def texts_with_marks_of_tokens(n: int) -> Hostile:
    """Text files full of what begins like tokens."""
    marks = ("ghp_", "sk_live_", "AKIA", "xoxb-", "glpat-", "AIza", "npm_", "dop_v1_")
    return _texts([f"{mark}{number:018}x" for number in range(250) for mark in marks], n)


def texts_with_tokens(n: int) -> Hostile:
    """Text files full of tokens."""
    return _texts([f"ghp_{sha256(b'%d' % number)[:36]}" for number in range(1500)], n)


def texts_with_addresses(n: int) -> Hostile:
    """Text files full of what begins like an address with a password."""
    return _texts([f"x://{':' * 190}{number:05}" for number in range(330)], n)


# --- programs


def many_program_headers(n: int) -> Hostile:
    """Programs with as many program headers as there can be, of segments that are nowhere."""
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 1 << 60, 0, 0)
    head = bytearray(elf()[:64])
    head[32:40] = struct.pack("<Q", 64)
    head[54:58] = struct.pack("<HH", 56, 65_535)
    content = bytes(head) + segment * 65_535
    return _one_image([[*BASE, *(file(f"bin/p{i}", content, mode=0o755) for i in range(n))]])


def libraries_of_the_command(n: int) -> Hostile:
    """A command that needs libraries, each of which needs the next ones."""
    libraries = [
        file(f"usr/lib/lib{i}.so", elf(needed=[f"lib{i + k}.so" for k in range(1, 9)]))
        for i in range(n)
    ]
    program = elf(needed=["lib0.so"], interpreter="/lib64/ld-linux-x86-64.so.2")
    loader = file("lib64/ld-linux-x86-64.so.2", elf(), mode=0o755)
    members = [*BASE, loader, file("bin/app", program, mode=0o755), *libraries]
    return _one_image([members], settings={"config": {"Cmd": ["/bin/app"]}})


def images_with_many_libraries(n: int) -> Hostile:
    """Images that start the same program with many libraries, each with another argument."""
    libraries = [
        file(f"usr/lib/lib{i}.so", elf(needed=[f"lib{i + k}.so" for k in range(1, 9)]))
        for i in range(5000)
    ]
    program = elf(needed=["lib0.so"], interpreter="/lib64/ld-linux-x86-64.so.2")
    loader = file("lib64/ld-linux-x86-64.so.2", elf(), mode=0o755)
    members = [*BASE, loader, file("bin/app", program, mode=0o755), *libraries]
    layer = write_tar(members)
    settings = ({"config": {"Cmd": ["/bin/app", str(number)]}} for number in range(n))
    configs = [_config([_digest(layer)], **each) for each in settings]
    items = [_item(config, (0,), f"app:{i}") for i, config in enumerate(configs)]
    return _docker([layer], configs, items, entries=len(members))


def links_of_the_command(n: int) -> Hostile:
    """A command that is a chain of symlinks, in directories that are links."""
    links = (symlink(f"s{number:07}", f"d/s{number + 1:07}") for number in range(n))
    members = [*BASE, symlink("d", "."), *links]
    return _one_image([members], settings={"config": {"Cmd": ["/s0000000"]}})


def scripts_of_the_command(n: int) -> Hostile:
    """A command that is a script, of which each interpreter is a script again."""
    scripts = (file(f"s{i:07}", f"#!/s{i + 1:07} -x\n", mode=0o755) for i in range(n))
    return _one_image([[*BASE, *scripts]], settings={"config": {"Cmd": ["/s0000000"]}})


# --- extension headers and contents


def layers_of_many_records(n: int) -> Hostile:
    """Layers with one PAX header of 50,000 records each."""
    records = {f"k{number}": "v" for number in range(50_000)}
    return _one_image([[*BASE, Member(f"f{number}", pax=records)] for number in range(n)])


def many_records(n: int) -> Hostile:
    """PAX headers of 50,000 records each."""
    records = {f"k{number}": "v" for number in range(50_000)}
    return _one_image([[*BASE, *[Member("f", pax=records)] * n]])


def global_records(n: int) -> Hostile:
    """Global headers with one record each, all of different keys."""
    headers = [pax_global({f"key{number}": "v" * 400}) for number in range(n)]
    return _one_image([[*BASE, *headers, file("f")]])


def many_attributes(n: int) -> Hostile:
    """Files with 64 extended attributes each."""
    records = {f"SCHILY.xattr.user.a{number}": "v" * 200 for number in range(64)}
    return _one_image([[*BASE, *(Member(f"x{number}", pax=records) for number in range(n))]])


def long_sparse_maps(n: int) -> Hostile:
    """Sparse files with maps of 20,000 empty spans."""
    records = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": "100000",
        "GNU.sparse.numblocks": "20000",
        "GNU.sparse.map": ",".join(f"{2 * number},0" for number in range(20_000)),
    }
    return _one_image([[*BASE, *(Member(f"s{number}", pax=records) for number in range(n))]])


def many_accounts(n: int) -> Hostile:
    """A root filesystem with long account files."""
    lines = {
        "etc/passwd": "u{0}:x:{0}:0:::\n",
        "etc/shadow": "u{0}::1::::::\n",
        "etc/group": "u{0}:x:{0}:\n",
    }
    files = [file(p, "".join(map(line.format, range(n)))) for p, line in lines.items()]
    members = [directory("etc"), directory("usr"), directory("bin"), *files, BASE[-1]]
    return Hostile(write_tar(members), len(members))


def many_libraries(n: int) -> Hostile:
    """Programs that need 200 libraries each."""
    program = elf(needed=[f"lib{number}.so" for number in range(200)])
    programs = (file(f"usr/bin/e{number}", program, mode=0o755) for number in range(n))
    return _one_image([[*BASE, *programs]])


# --- documents


def _document(n: int, part: bytes) -> Hostile:
    return _one_image([BASE], [file("more.json", b"[" + part * (n - 1) + part[:-1] + b"]")])


def empty_arrays(n: int) -> Hostile:
    """A document of empty arrays."""
    return _document(n, b"[],")


def compressed_arrays(n: int) -> Hostile:
    """The same in an archive that is compressed to nearly nothing."""
    found = _document(n, b"[],")
    return found._replace(data=gzip.compress(found.data, mtime=0))


def many_keys(n: int) -> Hostile:
    """A document with many keys."""
    return _one_image([BASE], [file("more.json", _json({f"{i:x}": 0 for i in range(n)}))])


def repeated_keys(n: int) -> Hostile:
    """A document with one key again and again."""
    return _one_image([BASE], [file("more.json", b'{"a":0' + b',"a":0' * n + b"}")])


def many_variables(n: int) -> Hostile:
    """A config with many variables."""
    variables = [f"V{number}=x" for number in range(n)]
    return _one_image([BASE], settings={"config": {"Env": variables}})


def many_labels(n: int) -> Hostile:
    """A config with many labels."""
    labels = {f"v{number}": "x" for number in range(n)}
    return _one_image([BASE], settings={"config": {"Labels": labels}})


# --- compression and sparse files


def gzip_members(n: int) -> Hostile:
    """A root filesystem in many empty gzip members."""
    base, end = write_tar(BASE, end_blocks=0), write_tar([])
    empty = gzip.compress(b"", mtime=0)
    return Hostile(gzip.compress(base) + empty * n + gzip.compress(end), len(BASE))


def bzip2_streams(n: int) -> Hostile:
    """The same with bzip2."""
    return Hostile(bz2.compress(write_tar(BASE)) + bz2.compress(b"") * n, len(BASE))


def xz_padding(n: int) -> Hostile:
    """A root filesystem and a padding of many words."""
    return Hostile(lzma.compress(write_tar(BASE)) + bytes(4 * n), len(BASE))


def zstd_frames(n: int) -> Hostile:
    """A stream of empty zstd frames."""
    return Hostile(_ZSTD * n)


def zstd_skippable_frames(n: int) -> Hostile:
    """A stream of frames to be skipped."""
    return Hostile(_ZSTD + _SKIPPABLE * n)


def zstd_window(n: int) -> Hostile:
    """A file of ``n`` blocks of zeros, in a zstd stream that asks for a window of 128 MiB."""
    block = 1 << 17
    tar = write_tar([*BASE, file("z", bytes(block))], end_blocks=0)[:-block]
    # RFC 8878: a frame header with the descriptor of the window, a raw block, RLE blocks.
    raw = (len(tar) << 3).to_bytes(3, "little") + tar
    zeros = (block << 3 | 2).to_bytes(3, "little") + b"\0"
    last = (1024 << 3 | 3).to_bytes(3, "little") + b"\0"
    frame = _ZSTD[:4] + bytes([0, (27 - 10) << 3])
    return Hostile(frame + raw + zeros * n + last, len(BASE) + 1)


def gzip_bomb(n: int) -> Hostile:
    """A root filesystem with a file of ``n`` MiB of zeros, compressed."""
    content = bytes(n * _MIB)
    return Hostile(gzip.compress(write_tar([*BASE, file("z", content)]), mtime=0), len(BASE) + 1)


def layers_of_zeros(n: int) -> Hostile:
    """Compressed layers of 100 MiB of zeros each."""
    layers = [
        gzip.compress(write_tar([*BASE, file(f"z{number}", bytes(100 * _MIB))]), mtime=0)
        for number in range(n)
    ]
    config = _config([f"sha256:{number:064x}" for number in range(n)])
    return _docker(layers, [config], [_item(config, range(n))], entries=n)


def compressed_zstd(n: int) -> Hostile:
    """A root filesystem with a file of ``n`` MiB of zeros, compressed with zstd."""
    return Hostile(compress(write_tar([*BASE, file("z", bytes(n * _MIB))]), "zstd"), len(BASE) + 1)


def sparse_members(n: int) -> Hostile:
    """Members of an image that are large holes."""
    size = 200 * _MIB
    records = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": str(size),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{size},0",
    }
    return _one_image([BASE], [Member(f"s{number}", pax=records) for number in range(n)])


GENERATORS: Final[Mapping[str, Generator]] = MappingProxyType(
    {
        make.__name__.replace("_", "-"): Generator(make, size, small)
        for make, size, small in (
            (many_images, 5000, 120),
            (many_names, 5000, 120),
            (images_with_shared_layers, 40, 4),
            (images_with_an_odd_layer, 50, 4),
            (one_layer_again_and_again, 10_000, 120),
            (one_layer_with_many_diff_ids, 100, 10),
            (empty_manifest_items, 100_000, 120),
            (oci_layers, 5000, 120),
            (absent_manifests, 20_000, 120),
            (indexes_of_the_same, 200, 8),
            (deep_paths, 200, 5),
            (deep_whiteouts, 200, 5),
            (deep_root, 200, 5),
            (paths_through_a_link, 20_000, 200),
            (chain_of_symlinks, 20_000, 200),
            (chain_of_hard_links, 20_000, 200),
            (repeated_paths, 20_000, 200),
            (repeated_members, 20_000, 200),
            (repeated_paths_in_a_root, 100_000, 200),
            (loop_of_hard_links, 20_000, 200),
            (linked_directories, 50_000, 200),
            (unclean_names, 50_000, 200),
            (below_a_linked_directory, 100_000, 200),
            (one_odd_layer_again_and_again, 500, 90),
            (layers_of_a_thousand, 50, 3),
            (layers_of_the_same_files, 50, 3),
            (layers_of_ten_thousand, 10, 1),
            (one_layer_with_whiteouts_again_and_again, 500, 3),
            (opaque_directories, 50_000, 200),
            (texts_with_marks_of_tokens, 10, 1),
            (texts_with_tokens, 10, 1),
            (texts_with_addresses, 10, 1),
            (many_program_headers, 10, 1),
            (libraries_of_the_command, 10_000, 20),
            (images_with_many_libraries, 20, 2),
            (links_of_the_command, 50_000, 200),
            (scripts_of_the_command, 50_000, 200),
            (layers_of_many_records, 50, 2),
            (many_records, 10, 2),
            (global_records, 10_000, 50),
            (many_attributes, 2000, 10),
            (long_sparse_maps, 20, 2),
            (many_accounts, 50_000, 200),
            (many_libraries, 1000, 5),
            (long_working_directory, 10_000, 4000),
            (long_layer_path, 100_000, 5000),
            (whiteouts_of_all, 20_000, 200),
            (empty_arrays, 6_000_000, 60_000),
            (compressed_arrays, 6_000_000, 60_000),
            (many_keys, 600_000, 60_000),
            (repeated_keys, 200_000, 1000),
            (many_variables, 20_000, 1200),
            (many_labels, 20_000, 1200),
            (gzip_members, 100_000, 1500),
            (bzip2_streams, 100_000, 1500),
            (xz_padding, 1_000_000, 10_000),
            (zstd_frames, 100_000, 1500),
            (zstd_skippable_frames, 100_000, 1500),
            (zstd_window, 4000, 8),
            (gzip_bomb, 500, 2),
            (layers_of_zeros, 3, 1),
            (compressed_zstd, 500, 2),
            (sparse_members, 10, 2),
        )
    }
)


def main(arguments: Sequence[str]) -> None:
    """Write an archive: name of the generator, size, file. Prints its bytes, entries and JSON."""
    name, size, path = arguments
    archive = GENERATORS[name].make(int(size))
    Path(path).write_bytes(archive.data)
    print(len(archive.data), archive.entries, archive.json_bytes)


if __name__ == "__main__":
    main(sys.argv[1:])
