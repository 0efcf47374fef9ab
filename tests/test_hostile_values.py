"""No value, wherever it is in an archive, makes a rule, an engine or a report raise."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz.running import FoundError, with_checksums
from benchmarks.fuzz.targets import TARGETS
from checker.plugins import load_plugins
from checker.reports.output import builtin_reports
from checker.results import Run
from checker.session import Session
from checker.testing.archive import build
from checker.testing.image import Image, config_blob, layer_blobs, manifest_blob, sample_image
from checker.testing.tar import Member, directory, file, write_tar
from tests.effort import examples
from tests.mutations import places, put
from tests.sessions import assert_whole

DIGITS = "9" * 4301
INFINITE = "1e400"
VALUES: tuple[object, ...] = (
    INFINITE,
    f"-{INFINITE}",
    DIGITS,
    f"0{DIGITS}",
    f"-{DIGITS}",
    f"{DIGITS}:{DIGITS}",
    f"{DIGITS}/tcp",
    f"SIGRTMIN+{DIGITS}",
    "²",
    "٣",
    "\ud800",
    "sha256:\udfff",
    "sha256:" + "\ud800" * 64,
    "a/\udc80/b",
    int("9" * 4300),
    -int("9" * 4300),
    1e308,
    0.5,
    -0.0,
    "\0",
    "\r\n",
    "..",
    "/" * 300,
    "x" * 300,
    "",
    None,
    True,
    [],
    {},
    [[]],
    [None],
    {"": {}},
    {DIGITS: DIGITS},
    {"\ud800": "\ud800"},
)
IMAGE = sample_image()
CONFIG_BLOB = config_blob(IMAGE)
MANIFEST = json.loads(manifest_blob(IMAGE, CONFIG_BLOB, layer_blobs(IMAGE, "gzip")).data)
CONFIG: dict[str, Any] = {
    **json.loads(CONFIG_BLOB.data),
    "variant": "v8",
    "os.version": "1",
    "os.features": ["a"],
}
CONFIG["config"] |= {
    "Cmd": ["a"],
    "Labels": {"a": "b"},
    "ExposedPorts": {"80/tcp": {}},
    "Volumes": {"/data": {}},
    "StopSignal": "SIGTERM",
    "StopTimeout": 1,
    "Shell": ["/bin/sh"],
    "OnBuild": ["RUN a"],
    "Healthcheck": {"Test": ["CMD", "/bin/app"], "Interval": 1, "Retries": 1},
}
KINDS = ("docker-archive", "oci-archive", "podman-archive", "docker-oci-archive")


@pytest.fixture(scope="module")
def session() -> Session:
    return Session({"jobs": 1}, plugins=load_plugins())


def check(session: Session, data: bytes) -> None:
    checked = session.check(io.BytesIO(data), name="a.tar")
    assert_whole(checked)
    assert checked.error is None
    for report in builtin_reports():
        report.render(Run("check", "1", archives=(checked,))).encode()


def raw(document: object) -> bytes:
    """JSON in which lone surrogates are escapes, and numbers are larger than Python writes them."""
    text = json.dumps(document).replace(f'"{INFINITE}"', INFINITE)
    return text.replace(f'"-{INFINITE}"', f"-{INFINITE}").encode()


@settings(deadline=None, max_examples=examples(80))
@given(st.sampled_from(tuple(places(CONFIG))), st.sampled_from(VALUES), st.sampled_from(KINDS))
@example(("config", "User"), DIGITS, "docker-archive")
@example(("config", "Healthcheck", "Interval"), int("9" * 4300), "docker-archive")
@example(("rootfs", "diff_ids", 1), "sha256:\ud800", "oci-archive")
@example(("rootfs", "diff_ids", 1), "sha256:\ud800", "docker-archive")
def test_configs(session: Session, place: tuple[str | int, ...], value: object, kind: str) -> None:
    document = raw(put(CONFIG, place, value))
    check(session, build(kind, Image(layers=IMAGE.layers, config_bytes=document)).tar())


@settings(deadline=None, max_examples=examples(40))
@given(st.sampled_from(tuple(places(MANIFEST))), st.sampled_from(VALUES))
def test_manifests(session: Session, place: tuple[str | int, ...], value: object) -> None:
    image = Image(layers=IMAGE.layers, manifest_bytes=raw(put(MANIFEST, place, value)))
    check(session, build("oci-archive", image).tar())


TOPS = [
    (kind, member.name, place)
    for kind in ("docker-archive", "docker-oci-archive", "legacy")
    for member in build(kind).members
    if member.name.rpartition("/")[2]
    in {"manifest.json", "index.json", "oci-layout", "repositories", "json"}
    for place in places(json.loads(member.content))
]


@settings(deadline=None, max_examples=examples(60))
@given(st.sampled_from(TOPS), st.sampled_from(VALUES))
def test_documents_at_the_top(
    session: Session, top: tuple[str, str, tuple[str | int, ...]], value: object
) -> None:
    kind, name, place = top
    members = tuple(
        file(name, raw(put(json.loads(member.content), place, value)))
        if member.name == name
        else member
        for member in build(kind).members
    )
    check(session, write_tar(members))


ACCOUNTS = ("etc/passwd", "etc/group", "etc/shadow")
LINES = (
    f"app:x:{DIGITS}:{DIGITS}::/:/bin/app\n",
    f"app:x:{DIGITS}:\n",
    "app:x:²:٣::/:/bin/app\n",
    ":::::::\n",
    "\udcff:x:0:0:\udcff:\udcff:\udcff\n",
    "app\n",
    f"app:x:{'0' * 5000}1000:1000::/:/bin/app\n",
)


USERS = ("app", DIGITS, f"app:{DIGITS}", "²", "1000", "app:app")


@settings(deadline=None, max_examples=examples(60))
@given(st.sampled_from(ACCOUNTS), st.sampled_from(LINES), st.sampled_from(USERS))
@example(ACCOUNTS[0], LINES[0], "app")
@example(ACCOUNTS[0], LINES[-1], "app")
def test_account_files(session: Session, path: str, line: str, user: str) -> None:
    content = line.encode("utf-8", "surrogateescape")
    layer = (directory("etc"), file(path, content + b"root:x:0:0::/:/bin/app\n"))
    image = Image(layers=(*IMAGE.layers, layer), config={"config": {"User": user}})
    check(session, build("docker-archive", image).tar())


RECORDS = (
    *("path", "linkpath", "uid", "gid", "size", "mtime", "atime", "uname", "x", "hdrcharset"),
    *("SCHILY.xattr.user.a", "SCHILY.xattr.", "GNU.sparse.map", "GNU.sparse.numblocks"),
    *("GNU.sparse.size", "GNU.sparse.realsize", "GNU.sparse.major", "GNU.sparse.minor"),
)
NUMBERS = (DIGITS, f"{'0' * 5000}1", f"-{DIGITS}", f"1.{DIGITS}", "²", "1,2", "-1", "+1", "", " 1")


@settings(deadline=None, max_examples=examples(60))
@given(
    st.dictionaries(st.sampled_from(RECORDS), st.sampled_from(NUMBERS), min_size=1, max_size=4),
    st.booleans(),
)
@example({"uid": f"{'0' * 5000}1"}, True)
def test_pax_records(session: Session, records: dict[str, str], is_flat: bool) -> None:  # noqa: FBT001
    layer = (directory("etc"), Member("etc/a", b"x", pax=records))
    data = write_tar((*layer, file("bin/sh", b"x", mode=0o755)))
    check(session, data if is_flat else build("oci-archive", Image(layers=(data,))).tar())


@pytest.mark.parametrize("length", [DIGITS, "0" * 5000 + "9", "²"])
def test_the_length_of_a_pax_record(session: Session, length: str) -> None:
    body = f"{length} a=b\n".encode()
    check(session, write_tar((Member("x", body, typeflag=b"x"), file("a", b"x"))))


WHITEOUTS = (".wh.", ".wh.a", ".wh..wh.b", ".wh..wh..opq", "..wh.", "a.wh.b", "a")


@settings(deadline=None, max_examples=examples(60))
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(WHITEOUTS), min_size=1, max_size=4).map("/".join),
            st.sampled_from(["0", "1", "2", "3", "5", "6", "7", "g", "Z"]),
        ),
        max_size=6,
    ),
    st.booleans(),
)
@example([(".wh.a/b/c", "0")], True)
@example([(".wh.a/b/c", "0")], False)
def test_whiteouts_in_each_other(
    session: Session,
    entries: list[tuple[str, str]],
    is_flat: bool,  # noqa: FBT001
) -> None:
    members = [Member(path, typeflag=kind.encode(), linkname="a") for path, kind in entries]
    layer = write_tar((*members, file("bin/sh", b"x", mode=0o755)))
    image = Image(layers=(IMAGE.layers[0], layer, layer))
    check(session, layer if is_flat else build("docker-archive", image).tar())


# The fuzz targets themselves


@pytest.mark.parametrize("name", TARGETS)
def test_fuzz_targets_take_their_seeds(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds
    for seed in seeds[:12]:
        target.run(seed)
    for seed in (b"", b"\0", b"\xff" * 700):
        target.run(seed)


def test_a_fuzz_target_tells_what_it_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker_layers.malformed_whiteout._directories", lambda _: {"x": 10**6})
    with pytest.raises(FoundError, match="IndexError"):
        TARGETS["layer"].run(write_tar((file("a/.wh.b"),)))


def test_checksums_are_repaired() -> None:
    data = write_tar((file("a", b"x" * 600), directory("b")))
    broken = bytearray(data)
    broken[150], broken[1686] = 0x39, 0x39
    assert broken != data
    assert with_checksums(bytes(broken)) == data


@pytest.mark.parametrize(
    "text",
    [
        r'{"message": "\ud800", "errors": [{"message": "\udfff"}]}',
        f'{{"message": {DIGITS}, "errors": 1e400}}',
        '{"errors": ' + "[" * 5000,
        '{"errors": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"a":' * 5000 + "1" + "}" * 5000,
        f"Error {DIGITS}: \udcff",
        f"version https://git-lfs\noid {DIGITS}\nsize {DIGITS}\n",
        "<title>" * 500,
        "&#" + DIGITS + ";<html><title>&#xd800;&#" + DIGITS + ";</title>",
        "A" * 5001,
        "0x" + "f" * 5000,
    ],
)
def test_texts_in_place_of_an_archive(session: Session, text: str) -> None:
    check(session, text.encode("utf-8", "surrogateescape"))
