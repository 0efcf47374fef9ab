"""Tools that are asked on request: the cases of ``tests/cases/readers``, with what they said."""

from __future__ import annotations

import shlex
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.masking import masked
from benchmarks.readers.tools import TOOLS as ALL_TOOLS
from benchmarks.readers.tools import Bench, found, installed_tools, running_bench
from checker import Session, VerdictOutcome
from checker.plugins import load_plugins
from checker.testing.cases import Case
from checker.verdicts import Engine, Question, Verdict
from checker_engines.containers import buildah
from checker_engines.containers.versions import BUILDAH_1_28

CASES = Path(__file__).parents[1] / "cases" / "readers" / "cases.toml"
TABLES = {case["name"]: case for case in tomllib.loads(CASES.read_text("utf-8"))["case"]}
READERS = {f"{one.name} {one.action}": one for one in load_plugins().readers().engines}
TOOLS = {tool.title: tool for tool in installed_tools()}
TITLES = sorted({title for case in TABLES.values() for title in case["says"]})
SAID = [
    pytest.param(name, title, text, id=f"{name}, {title}")
    for name, case in TABLES.items()
    for title, text in case["says"].items()
]


def built(name: str, folder: Path) -> Path:
    case = TABLES[name]
    table = {key: case[key] for key in case.keys() - {"name", "says"}}
    return Case("", "", "found", "pass", {}, (), CASES, table).build().write(folder)


def said_by(verdict: Verdict) -> str:
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN:
        return "-"
    return masked(verdict.message or "")


def judged(engine: Engine, path: Path) -> Verdict:
    session = Session()
    archive = session.read(path)
    return engine.judge(Question(archive, session.settings.host, "image.tar"))


@pytest.mark.parametrize(("name", "title", "text"), SAID)
def test_the_verdict_is_what_the_tool_said(
    name: str, title: str, text: str, tmp_path: Path
) -> None:
    verdict = judged(READERS[title], built(name, tmp_path))
    assert said_by(verdict) == text, verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"})
    assert verdict.reason
    assert verdict.command


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running_bench(tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.mark.engines
@pytest.mark.parametrize("title", TITLES)
def test_the_tool_says_so(title: str, bench: Bench, tmp_path: Path) -> None:
    tool = TOOLS.get(title)
    if tool is None:
        pytest.skip(f"{title} is not installed: make readers")
    for number, (name, case) in enumerate(TABLES.items()):
        if title not in case["says"]:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        said = tool.read(bench, built(name, folder))
        text = case["says"][title]
        assert said.accepts is (text in {"", "-"}), name
        if not said.accepts:
            assert masked(said.message) == text, name


def test_every_tool_has_a_profile() -> None:
    assert {tool.title for tool in ALL_TOOLS} <= READERS.keys()
    assert set(TITLES) <= READERS.keys()


def test_programs_are_found_where_they_are_installed(tmp_path: Path) -> None:
    assert found("sh")
    assert found(str(tmp_path / "no-such-program")) is None


@pytest.mark.parametrize("title", sorted(READERS))
def test_every_reader_answers_for_every_kind(title: str, tmp_path: Path) -> None:
    engine = READERS[title]
    assert engine.decides()
    assert engine.follows
    for number, name in enumerate(TABLES):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = built(name, folder)
        verdict = judged(engine, path)
        assert (verdict.engine, verdict.action) == (engine.name, engine.action)
        assert (verdict.message is None) is (verdict.outcome is not VerdictOutcome.REJECTS)


def build(table: dict[str, Any], folder: Path) -> Path:
    return Case("", "", "found", "pass", {}, (), CASES, table).build().write(folder)


BUILDAH = {one.action: one for one in buildah.engines_of(BUILDAH_1_28)}
TWO = [{"tags": ["app:1"]}, {"tags": ["app:2"], "config": {"config": {"User": "1"}}}]
LOWERCASE = "repository name must be lowercase"
# What buildah 1.28.2 said.
PULLED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "an image": ("docker-archive", {"base": "docker-archive"}, "image.tar", ""),
    "a layout": ("oci-archive", {"base": "oci-archive"}, "image.tar", ""),
    "no layout": (
        "oci-archive",
        {"base": "docker-archive"},
        "image.tar",
        "Error: loading index: open <tmp>: no such file or directory",
    ),
    "no image": (
        "docker-archive",
        {"base": "oci-archive"},
        "image.tar",
        "Error: loading tar component manifest.json: file does not exist",
    ),
    "no items": (
        "docker-archive",
        {
            "base": "docker-archive",
            "edits": [{"replace": {"member": "manifest.json", "text": "[]"}}],
        },
        "image.tar",
        "Error: Unexpected tar manifest.json: expected 1 item, got 0",
    ),
    "two images": (
        "docker-archive",
        {"base": "docker-archive", "images": TWO},
        "image.tar",
        "Error: Unexpected tar manifest.json: expected 1 item, got 2",
    ),
    "a name without a tag": (
        "docker-archive",
        {"base": "docker-archive", "tags": ["app"]},
        "image.tar",
        "",
    ),
    "a name with a digest": (
        "docker-archive",
        {"base": "docker-archive", "tags": [f"app@sha256:{'1' * 64}"]},
        "image.tar",
        "Error: Digest of source image's manifest would not match destination reference",
    ),
    "a second name with a digest": (
        "docker-archive",
        {"base": "docker-archive", "tags": ["app:1", f"app@sha256:{'1' * 64}"]},
        "image.tar",
        "Error: Digest of source image's manifest would not match destination reference",
    ),
    "an upper-case name": (
        "docker-archive",
        {"base": "docker-archive", "tags": ["App:1"]},
        "image.tar",
        'Error: normalizing name "App:1": repository name must be lowercase',
    ),
    "an empty name": (
        "docker-archive",
        {"base": "docker-archive", "tags": [""]},
        "image.tar",
        'Error: normalizing name "": repository name must have at least one component',
    ),
    "a colon": (
        "docker-archive",
        {"base": "docker-archive"},
        "a:b.tar",
        'Error: opening file "<tmp>": open <tmp>: no such file or directory',
    ),
    "a colon and an invalid name": (
        "docker-archive",
        {"base": "docker-archive"},
        "c:C d.tar",
        f"Error: docker-archive parsing reference: invalid reference format: {LOWERCASE}",
    ),
    "a colon, as a layout": (
        "oci-archive",
        {"base": "oci-archive"},
        "a:b.tar",
        "Error: creating temp directory: open <tmp>: no such file or directory",
    ),
    "a colon and a space, as a layout": (
        "oci-archive",
        {"base": "oci-archive"},
        "c:C d.tar",
        "Error: Invalid image C d.tar",
    ),
}


@pytest.mark.parametrize(("transport", "table", "name", "text"), PULLED.values(), ids=PULLED.keys())
def test_buildah_pulls_or_says_why_not(
    transport: str, table: dict[str, Any], name: str, text: str, tmp_path: Path
) -> None:
    path = build(table, tmp_path).rename(tmp_path / name)
    session = Session()
    archive = session.read(path, name=name)
    question = Question(archive, session.settings.host, shlex.quote(f"./{name}"))
    verdict = BUILDAH[f"pull {transport}"].judge(question)
    assert masked(verdict.message or "") == masked(text), verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is bool(text)


@pytest.mark.parametrize(
    ("name", "compression", "message"),
    [
        ("image.tar", None, None),
        ("image.tar", "gzip", "archive/tar: invalid tar header"),
        ("image.tar.gz", "gzip", None),
        ("image.tgz", "gzip", None),
        ("image.tbz", "bzip2", None),
        ("image.tar.zst", "zstd", None),
        ("image.tar.gz", None, "gzip: invalid header"),
        ("image.tzst", "gzip", "invalid input: magic number mismatch"),
        ("image.tar.lz4", None, "lz4: bad magic number"),
        ("image.tar.xz", "xz", "unhandled file type"),
        ("image.TAR", None, "unhandled file type"),
        ("image", None, "unhandled file type"),
    ],
)
def test_k3s_takes_files_by_their_names(
    name: str, compression: str | None, message: str | None, tmp_path: Path
) -> None:
    edits = [] if compression is None else [{"compress": compression}]
    path = build({"base": "docker-archive", "edits": edits}, tmp_path).rename(tmp_path / name)
    verdict = judged(READERS["k3s-1 image directory"], path)
    assert (verdict.message or "").startswith(message or "")
    assert (verdict.outcome is VerdictOutcome.ACCEPTS) is (message is None)


PLATFORMS = ["linux/amd64", "linux/arm64/v8"]


@pytest.mark.parametrize(
    ("title", "table", "outcome"),
    [
        ("kind-0 load image-archive", {"platforms": PLATFORMS}, "accepts"),
        ("k3s-1 image directory", {"platforms": PLATFORMS}, "accepts"),
        ("kind-0 load image-archive", {"tags": []}, "accepts-broken"),
        ("k3s-1 image directory", {"tags": []}, "accepts-broken"),
        ("k0s-1 image directory", {"tags": []}, "accepts-broken"),
        ("k3s-1 image directory", {"edits": [{"remove": "{layer0}"}]}, "accepts-broken"),
        ("kind-0 load image-archive", {"edits": [{"remove": "{layer0}"}]}, "rejects"),
        ("k3s-1 image directory", {"edits": [{"remove": "{manifest}"}]}, "rejects"),
        ("k0s-1 image directory", {"edits": [{"remove": "index.json"}]}, "rejects"),
    ],
)
def test_nodes_need_names_and_content(
    title: str, table: dict[str, Any], outcome: str, tmp_path: Path
) -> None:
    verdict = judged(READERS[title], build({"base": "oci-archive", **table}, tmp_path))
    assert verdict.outcome == outcome, verdict.reason
    if outcome != "accepts":
        assert "name" in verdict.reason or "not in the archive" in verdict.reason or verdict.message


ANOTHER = "other"
OTHER_LENGTH = (
    "net/http: HTTP/<n>.x transport connection broken: http: ContentLength=<n> with Body length <n>"
)
PUSHED: dict[str, tuple[dict[str, Any], str]] = {
    "a layout": ({}, ""),
    "a layout of two platforms": ({"platforms": PLATFORMS}, ""),
    "no oci-layout": ({"edits": [{"remove": "oci-layout"}]}, ""),
    "no index.json": (
        {"edits": [{"remove": "index.json"}]},
        "Error: loading <tmp> as OCI layout: stat <tmp>/index.json: no such file or directory",
    ),
    "an index that is a list": (
        {"edits": [{"replace": {"member": "index.json", "text": "[]"}}]},
        "Error: json: cannot unmarshal array into Go value of type v1.IndexManifest",
    ),
    "two images": (
        {"images": TWO},
        "Error: layout contains 2 entries, consider --index",
    ),
    "something else": (
        {
            "edits": [
                {
                    "set": {
                        "member": "index.json",
                        "pointer": "/manifests/0/mediaType",
                        "value": "text/plain",
                    }
                }
            ]
        },
        'Error: layout contains non-image (mediaType: "text/plain"), consider --index',
    ),
    "no manifest": (
        {"edits": [{"remove": "{manifest}"}]},
        "Error: lstat <tmp>/blobs/sha256/<hex>: no such file or directory",
    ),
    "no config": (
        {"edits": [{"remove": "{config}"}]},
        "Error: lstat <tmp>/blobs/sha256/<hex>: no such file or directory",
    ),
    "no layer": (
        {"edits": [{"remove": "{layer0}"}]},
        "Error: lstat <tmp>/blobs/sha256/<hex>: no such file or directory",
    ),
    "a layer with other content": (
        {"edits": [{"replace": {"member": "{layer0}", "text": ANOTHER}}]},
        f"Error: {OTHER_LENGTH}",
    ),
    "a layer with another digest": (
        {"edits": [{"flip": {"member": "{layer0}", "from": "data", "at": 4}}]},
        "Error: DIGEST_INVALID: digest does not match contents",
    ),
    "a config with other content": (
        {"edits": [{"replace": {"member": "{config}", "text": "{}"}}]},
        "-",
    ),
}
"""Directories, and what crane 0.22.1 said of them; its own registry starts with a URL."""


def layout_of(table: dict[str, Any], folder: Path) -> Path:
    """The directory of an image layout."""
    layout = folder / "layout"
    with tarfile.open(build({"base": "oci-archive", **table}, folder)) as archive:
        archive.extractall(layout, filter="data")
    return layout


@pytest.mark.parametrize(("table", "text"), PUSHED.values(), ids=PUSHED.keys())
def test_crane_pushes_a_layout_or_says_why_not(
    table: dict[str, Any], text: str, tmp_path: Path
) -> None:
    verdict = judged(READERS["crane-0 push"], layout_of(table, tmp_path))
    assert masked(said_by(verdict)) == masked(text), verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"})


@pytest.mark.engines
@pytest.mark.parametrize(("table", "text"), PUSHED.values(), ids=PUSHED.keys())
def test_crane_says_so(table: dict[str, Any], text: str, tmp_path: Path) -> None:
    tool = TOOLS.get("crane-0 push")
    if tool is None:
        pytest.skip("crane is not installed: make readers")
    with running_bench(tmp_path / "bench") as fresh:
        said = tool.read(fresh, layout_of(table, tmp_path))
    assert said.accepts is (text in {"", "-"}), said.message
    if not said.accepts:
        assert masked(said.message).endswith(masked(text).removeprefix("Error: "))


@pytest.mark.parametrize(
    ("name", "typed"), [("v1.0", "image.tar:v1.0"), ("a b;c:1", "image.tar@sha256:")]
)
def test_a_copy_by_oras_names_an_image_as_it_can_be_typed(
    name: str, typed: str, tmp_path: Path
) -> None:
    pointer = "/manifests/0/annotations/org.opencontainers.image.ref.name"
    edits = [{"set": {"member": "index.json", "pointer": pointer, "value": name}}]
    path = build({"base": "oci-archive", "edits": edits}, tmp_path)
    verdict = judged(READERS["oras-1 cp --from-oci-layout"], path)
    assert verdict.outcome is VerdictOutcome.ACCEPTS
    assert verdict.command is not None
    assert verdict.command.split()[3].startswith(typed)
