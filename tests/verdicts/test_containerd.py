"""What containerd 2, and Docker 29 with its store, make of archives; texts as they print them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.plugins import load_plugins
from checker.reading.archive import ReadOptions, read_archive
from checker.testing.archive import (
    Archive,
    docker_archive,
    multi_platform,
    oci_archive,
    oci_layout,
    podman_archive,
    rootfs,
)
from checker.testing.image import Image, sample_image
from checker.testing.tar import (
    Member,
    compress,
    device,
    directory,
    file,
    hardlink,
    opaque,
    pax_global,
    symlink,
    whiteout,
    write_tar,
)
from checker.verdicts import Engine, Host, Question, Verdict, VerdictOutcome
from tests.effort import examples

CTR, LOAD, IMPORT = (
    "containerd-2 ctr import",
    "docker-29-containerd load",
    "docker-29-containerd import",
)
ACCEPTS, BROKEN, REJECTS = VerdictOutcome
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
NO_JSON = "invalid character 'j' looking for beginning of value"
EXTRACTING = 'failed to extract layer ({} <digest>) to overlayfs as "extract-<n>-<id> <digest>": '
OCI_TYPE = "application/vnd.oci.image.layer.v1.tar"
DOCKER_TYPE = "application/vnd.docker.image.rootfs.diff.tar"
FAILING = 'Error unpacking image app:1: apply layer error for "{}app:1": '
APPLYING = f"{FAILING.format('')}failed to extract layer <digest>: "
APPLYING_DOCKER = f"{FAILING.format('docker.io/library/')}failed to extract layer <digest>: "
UNPIGZ = "exit status 1: unpigz: skipping: <stdin>: corrupted -- incomplete deflate data"
UNPACKING = (
    "Error response from daemon: failed to unpack image: apply layer error for "
    '"docker.io/library/name:tag": failed to extract layer <digest>: mount callback failed on '
    "<tmp>: "
)


def named(*extra: Member, image: Image | None = None) -> Image:
    """The sample under the name ``app:1``, with a third layer if members are given."""
    found = replace(image or sample_image(), tags=("app:1",))
    return replace(found, layers=(*found.layers, extra)) if extra else found


def docker(*extra: Member) -> bytes:
    return docker_archive(named(*extra)).tar()


def oci(*extra: Member, **changes: object) -> bytes:
    return oci_archive(replace(named(*extra), compression="none", **changes)).tar()  # type: ignore[arg-type]


def edited(archive: Archive, name: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The archive with the content of one member changed."""
    assert any(member.name == name for member in archive.members), name
    return write_tar(
        replace(member, content=edit(member.content)) if member.name == name else member
        for member in archive.members
    )


def without(archive: Archive, name: str) -> bytes:
    assert any(member.name == name for member in archive.members), name
    return write_tar(member for member in archive.members if member.name != name)


def index(**changes: object) -> bytes:
    """An OCI archive with members of the descriptor in ``index.json`` changed; None removes."""

    def edit(content: bytes) -> bytes:
        document = json.loads(content)
        descriptor = document["manifests"][0] | changes
        document["manifests"] = [{k: v for k, v in descriptor.items() if v is not None}]
        return json.dumps(document).encode()

    return edited(oci_archive(named()), "index.json", edit)


def items(*found: object) -> bytes:
    """A Docker archive with ``manifest.json`` decoded, changed and encoded again."""
    return edited(docker_archive(named()), "manifest.json", lambda _: json.dumps(found).encode())


def item(**changes: object) -> bytes:
    def edit(content: bytes) -> bytes:
        return json.dumps([json.loads(content)[0] | changes]).encode()

    return edited(docker_archive(named()), "manifest.json", edit)


def with_members(archive: Archive, *members: Member) -> bytes:
    return write_tar((*archive.members, *members))


@dataclass(frozen=True, slots=True)
class Case:
    """An archive, and what each engine does: outcome and message, digests as ``<digest>``."""

    id: str
    data: bytes
    ctr: VerdictOutcome
    ctr_says: str | None
    load: VerdictOutcome
    load_says: str | None


def same(name: str, data: bytes, message: str) -> Case:
    """Both refuse it with the same words."""
    return Case(name, data, REJECTS, f"ctr: {message}", REJECTS, message)


def taken(name: str, data: bytes) -> Case:
    return Case(name, data, ACCEPTS, None, ACCEPTS, None)


def in_layer(name: str, *members: Member, says: str) -> Case:
    """An OCI archive with a third layer that cannot be unpacked."""
    ctr = f"ctr: {EXTRACTING.format(OCI_TYPE)}{says}"
    return Case(name, oci(*members), REJECTS, ctr, BROKEN, f"{APPLYING}{says}")


def cases() -> Iterator[Case]:
    yield from _sound()
    yield from _streams()
    yield from _importer()
    yield from _descriptors()
    yield from _configs()
    yield from _layers()
    yield from _entries()


def _sound() -> Iterator[Case]:
    yield taken("docker-archive", docker())
    yield taken("oci-archive", oci())
    yield taken("podman-archive", podman_archive(named()).tar())
    for kind in ("gzip", "zstd"):
        yield taken(f"whole-{kind}", compress(docker(), kind))
        yield taken(f"layers-{kind}", oci_archive(replace(named(), compression=kind)).tar())
    yield taken(
        "trailing-json", edited(docker_archive(named()), "manifest.json", lambda c: c + b"x")
    )
    yield taken("lower-keys", edited(docker_archive(named()), "manifest.json", bytes.lower))
    yield taken(
        "manifest-json-merges",
        with_members(docker_archive(named()), file("manifest.json", b'[{"RepoTags": ["b:1"]}]')),
    )


def _streams() -> Iterator[Case]:
    says = "archive/tar: invalid tar header"
    for kind in ("bzip2", "xz"):
        yield Case(
            f"whole-{kind}", compress(docker(), kind), REJECTS, f"ctr: {says}", ACCEPTS, None
        )
    yield same("text", b"no tar", "unexpected EOF")
    yield same("long-text", b"no tar" * 100, says)
    yield same("nothing", b"", "unrecognized image format")
    yield same("rootfs", rootfs().tar(), "unrecognized image format")
    cut = compress(docker(), "gzip")[:-20]
    yield same("gzip-cut", cut, UNPIGZ)
    while_cut = write_tar([file("x", "12345")])[:515]
    yield same(
        "cut-in-content",
        while_cut,
        'failed to ingest "x": short read: expected 5 bytes but got 3: unexpected EOF',
    )
    yield Case(
        "name-no-utf-8",
        with_members(docker_archive(named()), file("a\udce9")),
        ACCEPTS,
        None,
        REJECTS,
        'failed to ingest "a\\xe9": failed to open writer: grpc: error while marshaling: string '
        "field contains invalid UTF-8",
    )


def _importer() -> Iterator[Case]:
    archive = docker_archive(named())
    yield same("no-config", item(Config="x.json"), 'image config "x.json" not found')
    yield same("no-layer", item(Layers=["x", "y"]), 'failed to resolve layers: layer "x" not found')
    yield same(
        "bad-name",
        item(RepoTags=["App:1"]),
        'normalize image ref "App:1": invalid reference format: '
        "repository name (library/App) must be lowercase",
    )
    yield same(
        "dangling-link",
        with_members(archive, symlink("a/b", "../c")),
        'no target for symlink layer from "a/b" to "c"',
    )
    yield same("empty-list", items(), "image might be filtered out")
    yield same(
        "null", edited(archive, "manifest.json", lambda _: b"null"), "unrecognized image format"
    )
    yield same(
        "manifest-json-junk",
        with_members(oci_archive(named()), file("manifest.json", "junk")),
        f'untar manifest "manifest.json": {NO_JSON}',
    )
    yield same(
        "manifest-json-number",
        item(Layers=[1]),
        'untar manifest "manifest.json": json: cannot unmarshal number into Go struct field '
        ".Layers of type string",
    )
    yield Case("unnamed", item(RepoTags=None), BROKEN, None, ACCEPTS, None)
    layout = oci_archive(named())

    def version(text: bytes) -> bytes:
        return edited(layout, "oci-layout", lambda _: text)

    yield same(
        "version", version(b'{"imageLayoutVersion": "2.0.0"}'), "unsupported OCI version 2.0.0"
    )
    yield same("no-version", version(b"{}"), "unrecognized image format")
    yield same("empty-layout", version(b""), 'untar oci layout "oci-layout": EOF')
    yield same("no-index", without(layout, "index.json"), "missing index.json in OCI layout 1.0.0")
    yield same("no-oci-layout", without(layout, "oci-layout"), "unrecognized image format")


def _descriptors() -> Iterator[Case]:
    for name, data, says in (
        ("no-size", index(size=None), "target.Size must be greater than zero: invalid argument"),
        ("no-type", index(mediaType=None), "target.MediaType must be set: invalid argument"),
    ):
        yield Case(name, data, REJECTS, f"ctr: {says}", REJECTS, f"InvalidArgument: {says}")
    yield Case(
        "digest-junk",
        index(digest="x"),
        REJECTS,
        "ctr: content digest x: not found",
        REJECTS,
        'InvalidArgument: "x" failed validation',
    )
    yield Case(
        "unknown-type",
        index(mediaType="a/b"),
        ACCEPTS,
        None,
        BROKEN,
        "Error unpacking image app:1: error walking manifest for app:1: descriptor is neither a "
        "manifest or index",
    )
    yield same(
        "index-is-a-manifest",
        index(mediaType="application/vnd.oci.image.index.v1+json"),
        "children: invalid desc <digest>: media-type: expected index but found manifest "
        "(application/vnd.oci.image.index.v1+json)",
    )
    windows = index(platform={"os": "windows", "architecture": "amd64"})
    yield Case("windows", windows, REJECTS, "ctr: image might be filtered out", ACCEPTS, None)
    archive = oci_archive(named())
    for part in ("manifest", "config"):
        says = "ctr: content digest <digest>: not found"
        data = without(archive, archive.names[part])
        yield Case(f"no-{part}", data, REJECTS, says, BROKEN, None)
    yield taken("platforms", multi_platform(named(), named(image=sample_image("arm64"))).tar())


def _configs() -> Iterator[Case]:
    mismatch = "Error unpacking image app:1: mismatched image rootfs and manifest layers"
    yield Case(
        "diff-ids",
        oci(config={"rootfs": {"diff_ids": []}}),
        REJECTS,
        "ctr: number of layers and diffIDs don't match: 2 != 0",
        BROKEN,
        mismatch,
    )
    yield Case("cmd-text", oci(config={"config": {"Cmd": "sh"}}), ACCEPTS, None, BROKEN, None)
    yield Case("rootfs-type", oci(config={"rootfs": {"type": "x"}}), BROKEN, None, ACCEPTS, None)
    yield Case(
        "architecture-number",
        oci(config={"architecture": 1}),
        REJECTS,
        "ctr: unmarshal image config: json: cannot unmarshal number into Go struct field "
        "unpackConfig.Platform.architecture of type string",
        BROKEN,
        None,
    )
    for platform, outcome in (("s390x", REJECTS), ("amd64", ACCEPTS), ("x86_64", ACCEPTS)):
        image = replace(named(), config={"architecture": platform})
        says = "ctr: image might be filtered out" if outcome is REJECTS else None
        yield Case(f"docker-{platform}", docker_archive(image).tar(), outcome, says, ACCEPTS, None)
    zeros = f"sha256:{'0' * 64}"
    wrong = oci(config={"rootfs": {"diff_ids": [zeros, zeros]}})
    yield Case(
        "wrong-diff-id",
        wrong,
        REJECTS,
        'ctr: wrong diff id "<digest>" calculated on extraction "<digest>", desc "<digest>"',
        BROKEN,
        f'{FAILING.format("")}wrong diff id calculated on extraction "<digest>"',
    )


def _layers() -> Iterator[Case]:
    archive = oci_archive(named())
    gone = "failed to get reader from content store: content digest <digest>: not found"
    yield Case(
        "no-layer-blob",
        without(archive, archive.names["layer1"]),
        REJECTS,
        f"ctr: {EXTRACTING.format(OCI_TYPE + '+gzip')}{gone}",
        BROKEN,
        f"{APPLYING}NotFound: {gone}",
    )
    image = named()
    for kind, media_type in (("bzip2", DOCKER_TYPE), ("xz", DOCKER_TYPE)):
        packed = docker_archive(replace(image, compression=kind)).tar()
        says = "archive/tar: invalid tar header"
        base = f"mount callback failed on <tmp>: {says}"
        small = base.replace(says, "unexpected EOF")
        yield Case(
            f"layers-{kind}",
            packed,
            REJECTS,
            f"ctr: {EXTRACTING.format(media_type)}{small}",
            BROKEN,
            f"{APPLYING_DOCKER}{small}",
        )


def _entries() -> Iterator[Case]:
    yield in_layer("type", Member("a", typeflag=b"7"), says="unhandled tar header type 55")
    yield in_layer("link", hardlink("a", "b"), says="link <tmp> <tmp>: no such file or directory")
    yield in_layer(
        "link-to-folder",
        directory("b"),
        hardlink("a", "b"),
        says="link <tmp> <tmp>: operation not permitted",
    )
    yield in_layer(
        "link-to-self",
        file("a"),
        hardlink("a", "a"),
        says="link <tmp> <tmp>: no such file or directory",
    )
    yield in_layer("below-a-file", file("a"), file("a/b"), says="mkparent <tmp>: not a directory")
    yield in_layer(
        "deep-below-a-file",
        file("a"),
        file("a/b/c"),
        says="failed to get root path: lstat <tmp>: not a directory",
    )
    yield in_layer(
        "loop",
        symlink("a", "b"),
        symlink("b", "a"),
        file("a/c"),
        says="failed to get root path: too many links",
    )
    yield in_layer(
        "whiteout-twice",
        whiteout("a"),
        whiteout("a"),
        says='failed to convert whiteout file ".wh.a": file exists',
    )
    yield in_layer(
        "bare-whiteout", file("a/.wh."), says="invalid whiteout name: .wh.: invalid archive"
    )
    yield in_layer(
        "empty-target", symlink("a", ""), says="symlink  <tmp>: no such file or directory"
    )
    long = "n" * 256
    yield in_layer("long-name", file(long), says="open <tmp>: file name too long")
    yield in_layer(
        "long-folder",
        file(f"{long}/a"),
        says="failed to get root path: lstat <tmp>: file name too long",
    )
    for name, members in (
        ("duplicates", (file("a"), file("./a"), directory("a"), file("a"))),
        ("escapes", (file("../../a"), file("/b"), hardlink("c", "../../b"), file(".."), file("/"))),
        ("through-links", (symlink("a", "/etc"), file("a/x"), hardlink("y", "a/x"))),
        ("whiteouts", (whiteout("a"), file("a"), opaque("etc"), file("etc/x"))),
        ("devices", (device("a", 1, 3), pax_global({"comment": "x"}), hardlink("b", "a"))),
        ("link-target-goes", (file("d/f"), file("d"), file("e"), hardlink("g", "e"))),
    ):
        yield taken(name, oci(*members))


CASES = tuple(cases())


@pytest.fixture(scope="module")
def engines() -> dict[str, Engine]:
    return {f"{engine.name} {engine.action}": engine for engine in load_plugins().engines}


def judged(engine: Engine, data: bytes, folder: Path, host: Host | None = None) -> Verdict:
    path = folder / "image.tar"
    path.write_bytes(data)
    question = Question(read_archive(str(path), ReadOptions()), host or Host(), "image.tar")
    return engine.judge(question)


def said(verdict: Verdict) -> tuple[VerdictOutcome, str | None]:
    message = verdict.message
    return verdict.outcome, None if message is None else DIGEST.sub("<digest>", message)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_ctr_import(case: Case, engines: dict[str, Engine], tmp_path: Path) -> None:
    verdict = judged(engines[CTR], case.data, tmp_path)
    assert said(verdict) == (case.ctr, case.ctr_says), verdict.reason
    assert verdict.command == "ctr image import image.tar"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_docker_load(case: Case, engines: dict[str, Engine], tmp_path: Path) -> None:
    verdict = judged(engines[LOAD], case.data, tmp_path)
    assert said(verdict) == (case.load, case.load_says), verdict.reason
    assert verdict.command == "docker load -i image.tar"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rootfs().tar(), (ACCEPTS, None)),
        (docker(), (BROKEN, None)),
        (b"", (BROKEN, None)),
        (compress(rootfs().tar(), "xz"), (ACCEPTS, None)),
        (b"text", (REJECTS, f"{UNPACKING}unexpected EOF")),
        (
            write_tar([file("a/.wh.")]),
            (REJECTS, f"{UNPACKING}invalid whiteout name: .wh.: invalid archive"),
        ),
        (write_tar([whiteout("a"), file("a"), whiteout("a")]), (BROKEN, None)),
        (
            compress(rootfs().tar(), "gzip")[:-30],
            (
                REJECTS,
                f"Error response from daemon: {UNPIGZ}",
            ),
        ),
    ],
    ids=["rootfs", "image", "nothing", "xz", "text", "bare-whiteout", "whiteouts", "gzip-cut"],
)
def test_docker_import(
    data: bytes,
    expected: tuple[VerdictOutcome, str | None],
    engines: dict[str, Engine],
    tmp_path: Path,
) -> None:
    assert said(judged(engines[IMPORT], data, tmp_path)) == expected


@pytest.mark.parametrize("title", [CTR, LOAD, IMPORT])
def test_a_folder_is_no_stream(title: str, engines: dict[str, Engine], tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    oci_layout(named()).write_directory(folder)
    archive = read_archive(str(folder), ReadOptions())
    verdict = engines[title].judge(Question(archive, Host(), "layout"))
    assert verdict.outcome is REJECTS
    assert "is a directory" in (verdict.message or "")


def test_the_host_decides_which_platform_fits(engines: dict[str, Engine], tmp_path: Path) -> None:
    verdict = judged(engines[CTR], docker(), tmp_path, Host("linux", "arm64"))
    assert said(verdict) == (REJECTS, "ctr: image might be filtered out")


def test_a_verdict_names_what_it_depends_on(engines: dict[str, Engine], tmp_path: Path) -> None:
    verdict = judged(engines[LOAD], compress(docker(), "xz"), tmp_path)
    assert any("xz" in condition for condition in verdict.conditions)


_NAMES = st.sampled_from(
    [
        "a",
        "a/b",
        "a/b/c",
        ".wh.a",
        "a/.wh..wh..opq",
        ".wh." + "n" * 300,
        "n/" * 2047 + ".wh.a",
        "../a",
        "/",
        ".",
        "b",
    ]
)
_KINDS = st.sampled_from(list(b"0123456gS7"))


@given(entries=st.lists(st.tuples(_NAMES, _KINDS, _NAMES), max_size=12))
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_layer_gets_a_verdict(
    entries: list[tuple[str, int, str]], engines: dict[str, Engine], tmp_path: Path
) -> None:
    members = [
        Member(name, typeflag=bytes([kind]), linkname=target if chr(kind) in "12" else "")
        for name, kind, target in entries
    ]
    ctr = judged(engines[CTR], oci(*members, file("z")), tmp_path)
    load = judged(engines[LOAD], oci(*members, file("z")), tmp_path)
    # Both unpack with the same code: what one refuses, the other says it cannot unpack.
    assert (ctr.outcome is ACCEPTS) == (load.outcome is ACCEPTS)
    assert judged(engines[IMPORT], write_tar(members), tmp_path).reason
