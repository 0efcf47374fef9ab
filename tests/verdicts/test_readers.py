"""Tools that are asked on request: the cases of ``tests/cases/readers``, with what they said."""

from __future__ import annotations

import json
import shlex
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.masking import masked
from benchmarks.readers.tools import TOOLS as ALL_TOOLS
from benchmarks.readers.tools import Bench, found, installed_tools, running_bench
from checker import Archive, VerdictOutcome
from checker.plugins import load_plugins
from checker.testing.archive import skopeo_dir
from checker.testing.cases import Case
from checker.verdicts import Engine, Host, Question, Verdict
from checker_engines.containers import buildah
from checker_engines.containers.versions import BUILDAH_1_28, BUILDAHS
from tests.sessions import new_session

CASES = Path(__file__).parents[1] / "cases" / "readers" / "cases.toml"
FILES = (CASES, CASES.with_name("unpacking.toml"))
TABLES = {
    case["name"]: case for file in FILES for case in tomllib.loads(file.read_text("utf-8"))["case"]
}
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
    session = new_session()
    archive = session.read(path)
    return engine.judge(Question(archive, session.settings.host, "image.tar"))


@pytest.fixture(scope="module")
def archive_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Archive]:
    """Gives the archive of a case, which all tools are asked about."""

    @cache
    def archive_of(name: str) -> Archive:
        return new_session().read(built(name, tmp_path_factory.mktemp("case")))

    return archive_of


@pytest.mark.parametrize(("name", "title", "text"), SAID)
def test_the_verdict_is_what_the_tool_said(
    name: str, title: str, text: str, archive_of: Callable[[str], Archive]
) -> None:
    verdict = READERS[title].judge(Question(archive_of(name), Host(), "image.tar"))
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
def test_every_reader_says_what_it_follows(title: str) -> None:
    engine = READERS[title]
    assert engine.decides()
    assert engine.follows


@pytest.mark.parametrize("name", TABLES)
def test_every_reader_answers_for_every_kind(
    name: str, archive_of: Callable[[str], Archive]
) -> None:
    for engine in READERS.values():
        verdict = engine.judge(Question(archive_of(name), Host(), "image.tar"))
        assert (verdict.engine, verdict.action) == (engine.name, engine.action)
        assert (verdict.message is None) is (verdict.outcome is not VerdictOutcome.REJECTS)
        assert verdict.reason


def build(table: dict[str, Any], folder: Path) -> Path:
    return Case("", "", "found", "pass", {}, (), CASES, table).build().write(folder)


BUILDAH = {one.action: one for one in buildah.engines_of(BUILDAH_1_28)}
TWO: list[dict[str, Any]] = [
    {"tags": ["app:1"]},
    {"tags": ["app:2"], "config": {"config": {"User": "1"}}},
]
LOWERCASE = "repository name must be lowercase"
# What buildah 1.28.2 said.
NOT_INSPECTED = (
    "Error: checking platform of image localhost/sample:1: inspecting image: json: cannot "
    "unmarshal number into Go struct field Schema2Config.config.Hostname of type string"
)
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
    "a config that cannot be inspected": (
        "oci-archive",
        {"base": "oci-archive", "config": {"config": {"Hostname": 5}}},
        "image.tar",
        NOT_INSPECTED,
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
    session = new_session()
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
NODES = (
    "kind-0 load image-archive",
    *("k3s-1 image directory", "rke2-1 image directory", "k0s-1 image directory"),
)
FULL = ["docker.io/library/app:1"]


@pytest.mark.parametrize(
    ("title", "table", "outcome"),
    [
        ("kind-0 load image-archive", {"platforms": PLATFORMS, "tags": FULL}, "accepts"),
        ("k3s-1 image directory", {"platforms": PLATFORMS, "tags": FULL}, "accepts"),
        ("rke2-1 image directory", {"platforms": PLATFORMS, "tags": FULL}, "accepts"),
        ("kind-0 load image-archive", {"tags": []}, "accepts-broken"),
        ("k3s-1 image directory", {"tags": []}, "accepts-broken"),
        ("k0s-1 image directory", {"tags": []}, "accepts-broken"),
        (
            "k3s-1 image directory",
            {"edits": [{"remove": "{layer0}"}], "tags": FULL},
            "accepts-broken",
        ),
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


@pytest.mark.parametrize("title", NODES)
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("docker.io/library/app:1", "accepts"),
        ("registry.example:5000/team/app:1", "accepts"),
        (f"ghcr.io/team/app@sha256:{'a' * 64}", "accepts"),
        ("docker.io/app:1", "accepts-broken"),
        ("library/app:1", "accepts-broken"),
        ("app:1", "accepts-broken"),
        ("1.0", "accepts-broken"),
        ("ghcr.io/team/app", "accepts-broken"),
        ("ghcr.io/Team/app:1", "accepts-broken"),
    ],
)
def test_kubernetes_finds_images_by_their_full_names(
    title: str, name: str, outcome: str, tmp_path: Path
) -> None:
    verdict = judged(READERS[title], build({"base": "oci-archive", "tags": [name]}, tmp_path))
    assert verdict.outcome == outcome, verdict.reason
    assert outcome == "accepts" or repr(name) in verdict.reason


@pytest.mark.parametrize("title", NODES)
def test_kubernetes_finds_whatever_docker_saves_by_name(title: str, tmp_path: Path) -> None:
    verdict = judged(READERS[title], build({"base": "docker-archive", "images": TWO}, tmp_path))
    assert verdict.outcome is VerdictOutcome.ACCEPTS, verdict.reason


def test_one_of_two_images_is_not_found(tmp_path: Path) -> None:
    images = [TWO[0], {**TWO[1], "tags": []}]
    path = build({"base": "docker-archive", "images": images}, tmp_path)
    verdict = judged(READERS["kind-0 load image-archive"], path)
    assert verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN
    assert "1 of 2 images, such as sha256:" in verdict.reason
    stored = judged(READERS["ctr-2 import --all-platforms"], path)
    assert stored.outcome is VerdictOutcome.ACCEPTS
    assert "1 of 2 images have no name" in stored.reason


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (["docker.io/library/app:1"], "the image is loaded"),
        (["app:1"], "the image is loaded"),
        (["1.0"], "the image is loaded as import:1.0, since it has only the tag '1.0'"),
        ([], "the image is loaded as import@sha256:"),
        (["1.0", "2.0"], "loaded as import:1.0, since it has only the tag '1.0'; so are 1 more"),
    ],
)
def test_nerdctl_names_what_has_no_whole_name(tags: list[str], said: str, tmp_path: Path) -> None:
    path = build({"base": "oci-archive", "tags": tags}, tmp_path)
    verdict = judged(READERS["nerdctl-2 load"], path)
    assert verdict.outcome is VerdictOutcome.ACCEPTS
    assert said in verdict.reason


@pytest.mark.parametrize("title", ["nerdctl-2 load", "ctr-2 import --all-platforms"])
def test_what_is_stored_but_not_unpacked(title: str, tmp_path: Path) -> None:
    edit = {"member": "{config}", "pointer": "/rootfs/type", "value": "other"}
    path = build({"base": "docker-archive", "edits": [{"set": edit}]}, tmp_path)
    verdict = judged(READERS[title], path)
    assert verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN
    assert "not unpacked: rootfs.type is 'other'" in verdict.reason


@pytest.mark.parametrize(("tool", "title"), [("k3s", "k3s-1"), ("rke2", "rke2-1")])
def test_the_image_directory_is_that_of_the_tool(tool: str, title: str, tmp_path: Path) -> None:
    path = build({"base": "docker-archive"}, tmp_path)
    verdict = judged(READERS[f"{title} image directory"], path)
    assert verdict.command == f"cp image.tar /var/lib/rancher/{tool}/agent/images/"
    other = judged(READERS[f"{title} image directory"], path.rename(tmp_path / "image"))
    assert other.reason.startswith(f"{tool} ignores the file")


ANOTHER = "other"
OTHER_LENGTH = (
    "net/http: HTTP/<n>.x transport connection broken: http: ContentLength=<n> with Body length <n>"
)
SIZE = {"member": "{manifest}", "pointer": "/layers/0/size"}
CHILD = {"member": "{index}", "pointer": "/manifests/1/mediaType"}
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
    "a descriptor without a digest": (
        {"edits": [{"unset": {"member": "index.json", "pointer": "/manifests/0/digest"}}]},
        "Error: layout blob : is not a regular file",
    ),
    "text after the index": (
        {"edits": [{"extend": {"member": "index.json", "text": "x"}}]},
        "Error: invalid character 'x' after top-level value",
    ),
    "text after the manifest": (
        {"edits": [{"extend": {"member": "{manifest}", "text": "x"}}]},
        "Error: invalid character 'x' after top-level value",
    ),
    "a layer without a size": ({"edits": [{"set": {**SIZE, "value": 0}}]}, ""),
    "something else in an index": (
        {"platforms": PLATFORMS, "edits": [{"set": {**CHILD, "value": "text/plain"}}]},
        "Error: encountered unknown child: partial.describable",
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


# What crane 0.22.1 said of a blob that is a link.
@pytest.mark.parametrize("title", ["crane-0 push", "cosign-3 load"])
@pytest.mark.parametrize(("target", "what"), [("away", "a symlink"), (None, "not a regular file")])
def test_a_blob_that_is_not_a_file_is_not_pushed(
    title: str, target: str | None, what: str, tmp_path: Path
) -> None:
    layout = layout_of({"edits": [kind_of(IMAGE)]}, tmp_path)
    manifest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    blob = layout / "blobs" / manifest.replace(":", "/")
    if target is None:
        blob.unlink()
        blob.mkdir()
    else:
        blob.rename(layout / target)
        blob.symlink_to(layout / target)
    verdict = judged(READERS[title], layout)
    assert verdict.outcome is VerdictOutcome.REJECTS
    assert f"layout blob {manifest} is {what}" in (verdict.message or "")


def test_files_are_found_through_links_to_directories(tmp_path: Path) -> None:
    layout = layout_of({}, tmp_path)
    (layout / "blobs").rename(layout / "content")
    (layout / "blobs").symlink_to("content")
    assert judged(READERS["crane-0 push"], layout).outcome is VerdictOutcome.ACCEPTS
    (layout / "blobs").unlink()
    (layout / "blobs").symlink_to("blobs")
    verdict = judged(READERS["crane-0 push"], layout)
    error = "too many levels of symbolic links"
    assert masked(verdict.message or "") == f"Error: lstat <path>/<hex>: {error}"


def test_a_file_with_two_names_is_pushed(tmp_path: Path) -> None:
    layout = layout_of({}, tmp_path)
    (layout / "blobs" / "other").mkdir()
    for blob in (layout / "blobs" / "sha256").iterdir():
        (layout / "blobs" / "other" / blob.name).hardlink_to(blob)
    assert judged(READERS["crane-0 push"], layout).outcome is VerdictOutcome.ACCEPTS


def test_an_index_that_lists_itself_is_read_once(tmp_path: Path) -> None:
    layout = layout_of({"platforms": PLATFORMS}, tmp_path)
    root = json.loads((layout / "index.json").read_text())["manifests"][0]
    blob = layout / "blobs" / root["digest"].replace(":", "/")
    index = json.loads(blob.read_text())
    index["manifests"].append(root)
    blob.write_text(json.dumps(index))
    assert judged(READERS["crane-0 push"], layout).outcome is VerdictOutcome.ACCEPTS


IMAGE, INDEX, SIGNATURES, ATTESTATIONS = (
    f"dev.cosignproject.cosign/{what}" for what in ("image", "imageIndex", "sigs", "atts")
)


def kind_of(kind: str, number: int = 0) -> dict[str, Any]:
    pointer = f"/manifests/{number}/annotations/kind"
    return {"set": {"member": "index.json", "pointer": pointer, "value": kind}}


def typed_as(media_type: str) -> dict[str, Any]:
    pointer = "/manifests/0/mediaType"
    return {"set": {"member": "index.json", "pointer": pointer, "value": media_type}}


DIGEST = {"member": "{manifest}", "pointer": "/layers/0/digest"}
START = "Error: "
NOT_THERE = "GET https://REGISTRY/v2/NAME/manifests/TAG: NAME_UNKNOWN: Unknown name"
SIGNED: dict[str, tuple[dict[str, Any], str]] = {
    "an image that cosign saved": ({"edits": [kind_of(IMAGE)]}, ""),
    "a layout of another tool": ({}, f"resolving digest: {NOT_THERE}"),
    "signatures alone": ({"edits": [kind_of(SIGNATURES)]}, f"sigs tag: {NOT_THERE}"),
    "attestations alone": ({"edits": [kind_of(ATTESTATIONS)]}, f"sigs tag: {NOT_THERE}"),
    "an image and signatures": (
        {"images": TWO, "edits": [kind_of(IMAGE), kind_of(SIGNATURES, 1)]},
        "",
    ),
    "no index.json": (
        {"edits": [{"remove": "index.json"}]},
        "signed image index: stat <tmp>/index.json: no such file or directory",
    ),
    "an index that is a list": (
        {"edits": [{"replace": {"member": "index.json", "text": "[]"}}]},
        "signed image index: json: cannot unmarshal array into Go value of type v1.IndexManifest",
    ),
    "an image that is said to be an index": (
        {"edits": [kind_of(INDEX)]},
        (
            "signed image index: unexpected media type for sha256:<hex>: "
            "application/vnd.oci.image.manifest.v1+json"
        ),
    ),
    "something that is said to be an image": (
        {"edits": [kind_of(IMAGE), typed_as("text/plain")]},
        "signed image: unexpected media type for sha256:<hex>: text/plain",
    ),
    "no manifest": (
        {"edits": [kind_of(IMAGE), {"remove": "{manifest}"}]},
        "remote write: lstat <tmp>/blobs/sha256/<hex>: no such file or directory",
    ),
    "no layer": (
        {"edits": [kind_of(IMAGE), {"remove": "{layer0}"}]},
        "remote write: lstat <tmp>/blobs/sha256/<hex>: no such file or directory",
    ),
    "a layer with other content": (
        {"edits": [kind_of(IMAGE), {"replace": {"member": "{layer0}", "text": ANOTHER}}]},
        f"remote write: {OTHER_LENGTH}",
    ),
    "a config with other content": (
        {"edits": [kind_of(IMAGE), {"replace": {"member": "{config}", "text": "{}"}}]},
        "-",
    ),
    "an index that cosign saved": ({"platforms": PLATFORMS, "edits": [kind_of(INDEX)]}, ""),
    "a digest of another algorithm": (
        {"edits": [kind_of(IMAGE), {"set": {**DIGEST, "value": f"sha512:{'a' * 128}"}}]},
        'remote write: unsupported hash: "sha512"',
    ),
}
"""Directories, and what cosign 3.1.3 said of them."""


@pytest.mark.parametrize(("table", "text"), SIGNED.values(), ids=SIGNED.keys())
def test_cosign_loads_what_it_saved(table: dict[str, Any], text: str, tmp_path: Path) -> None:
    verdict = judged(READERS["cosign-3 load"], layout_of(table, tmp_path))
    assert said_by(verdict).removeprefix(START) == masked(text), verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"})


@pytest.mark.engines
@pytest.mark.parametrize(("table", "text"), SIGNED.values(), ids=SIGNED.keys())
def test_cosign_says_so(table: dict[str, Any], text: str, tmp_path: Path) -> None:
    tool = TOOLS.get("cosign-3 load")
    if tool is None or found("crane") is None:
        pytest.skip("cosign or crane is not installed: make readers")
    with running_bench(tmp_path / "bench") as fresh:
        said = tool.read(fresh, layout_of(table, tmp_path))
    assert said.accepts is (text in {"", "-"}), said.message
    if not said.accepts:
        assert masked(said.message) == masked(f"{START}{text}"), said.message


def test_cosign_reads_no_file(tmp_path: Path) -> None:
    verdict = judged(READERS["cosign-3 load"], build({"base": "oci-archive"}, tmp_path))
    assert verdict.message == f"{START}signed image index: stat <tmp>/index.json: not a directory"


NOT_TAKEN = "Error while retrieving image from cache: NAME@sha256:DIGEST getting image from path: "
NOT_EXTRACTED = "error building image: error building stage: failed to get filesystem from image: "
NO_LAYERS = {"set": {"member": "manifest.json", "pointer": "/0/Layers", "value": []}}


def layer_at(path: str) -> dict[str, Any]:
    return {"set": {"member": "manifest.json", "pointer": "/0/Layers/0", "value": path}}


CACHED: dict[str, tuple[dict[str, Any], str]] = {
    "an image": ({"base": "docker-archive"}, ""),
    "layers compressed with gzip": ({"base": "crane-archive"}, ""),
    "layers compressed with zstd": ({"base": "docker-archive", "compression": "zstd"}, ""),
    "layers compressed with bzip2": (
        {"base": "docker-archive", "compression": "bzip2"},
        f"{NOT_EXTRACTED}error reading tar 0: unexpected EOF",
    ),
    "a layout": (
        {"base": "oci-archive"},
        f"{NOT_TAKEN}file manifest.json not found in tar",
    ),
    "names that begin with a dot": (
        {
            "base": "docker-archive",
            "edits": [{"rename": {"member": "manifest.json", "to": "./manifest.json"}}],
        },
        f"{NOT_TAKEN}file manifest.json not found in tar",
    ),
    "two images": (
        {"base": "docker-archive", "images": TWO},
        f"{NOT_TAKEN}tarball must contain only a single image to be used with tarball.Image",
    ),
    "a compressed archive": (
        {"base": "docker-archive", "edits": [{"compress": "gzip"}]},
        f"{NOT_TAKEN}archive/tar: invalid tar header",
    ),
    "fewer layers than diff_ids": (
        {"base": "docker-archive", "edits": [NO_LAYERS]},
        "panic: runtime error: index out of range [0] with length 0",
    ),
    "a config that is a list": (
        {"base": "docker-archive", "edits": [{"replace": {"member": "{config}", "text": "[]"}}]},
        "error building image: json: cannot unmarshal array into Go value of type v1.ConfigFile",
    ),
    "a layer that is text": (
        {
            "base": "docker-archive",
            "edits": [{"replace": {"member": "{layer0}", "text": "text" * 200}}],
        },
        f"{NOT_EXTRACTED}error reading tar 0: archive/tar: invalid tar header",
    ),
    "an empty layer": (
        {"base": "docker-archive", "edits": [{"replace": {"member": "{layer0}", "text": ""}}]},
        "",
    ),
    "a layer compressed with gzip that ends early": (
        {"base": "crane-archive", "edits": [{"cut": {"member": "{layer0}", "at": 40}}]},
        f"{NOT_EXTRACTED}error reading tar 0: unexpected EOF",
    ),
    "more compressed layers than diff_ids": (
        {
            "base": "crane-archive",
            "edits": [{"set": {"member": "{config}", "pointer": "/rootfs/diff_ids", "value": []}}],
        },
        "panic: runtime error: index out of range [0] with length 0",
    ),
    "a layer that leads to itself": (
        {
            "base": "docker-archive",
            "edits": [{"add": {"path": "x", "type": "2", "link": "x"}}, layer_at("x")],
        },
        f"{NOT_TAKEN}open <tmp>: too many open files",
    ),
}


@pytest.mark.parametrize(("table", "text"), CACHED.values(), ids=CACHED.keys())
def test_kaniko_builds_from_its_cache(table: dict[str, Any], text: str, tmp_path: Path) -> None:
    verdict = judged(READERS["kaniko-1 build from cache"], build(table, tmp_path))
    assert masked(verdict.message or "") == masked(text), verdict.reason
    assert (verdict.outcome is VerdictOutcome.REJECTS) is bool(text)
    assert bool(text) or any("--cache-ttl" in each for each in verdict.conditions)


@pytest.mark.parametrize(
    ("table", "host", "outcome", "said"),
    [
        ({"base": "docker-archive"}, Host(), "accepts", "CRI-O finds it by its name"),
        ({"base": "oci-archive", "tags": ["1.0"]}, Host(), "accepts", "by its name"),
        ({"base": "oci-archive", "tags": []}, Host(), "accepts-broken", "without a name"),
        ({"base": "docker-archive", "tags": []}, Host(), "accepts-broken", "without a name"),
        (
            {"base": "docker-archive", "images": [TWO[0], {**TWO[1], "tags": []}]},
            Host(),
            "accepts-broken",
            "1 of 2 images without a name",
        ),
        ({"base": "docker-archive"}, Host(rootless=True), "accepts-broken", "load it as root"),
        ({"base": "rootfs"}, Host(), "rejects", "root filesystem"),
    ],
)
def test_cri_o_finds_what_podman_loads_by_name(
    table: dict[str, Any], host: Host, outcome: str, said: str, tmp_path: Path
) -> None:
    archive = new_session().read(build(table, tmp_path))
    verdict = READERS["cri-o-1 podman load"].judge(Question(archive, host, "image.tar"))
    assert (verdict.engine, verdict.action) == ("cri-o-1", "podman load")
    assert verdict.outcome == outcome, verdict.reason
    assert said in verdict.reason
    assert verdict.command == "podman load -i image.tar"


def test_cri_o_finds_the_image_of_a_dir_layout_by_no_name(tmp_path: Path) -> None:
    skopeo_dir().write_directory(tmp_path / "image")
    verdict = judged(READERS["cri-o-1 podman load"], tmp_path / "image")
    assert verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN
    assert "without a name" in verdict.reason


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


# From its source: a version may follow the OS, and the variant of an OCI config counts.
NEWER = {one.action: one for one in buildah.engines_of(BUILDAHS[0])}
IN_OS = (
    "OSAndVersion specifier component must match "
    r'"^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.-]*)\\))?$"'
)
IN_PLATFORM = 'platform specifier component must match "^[A-Za-z0-9_-]+$"'
COMPARED: list[tuple[str, str, str]] = [
    ("os", "windows(10.0)", ""),
    ("os", "a:b", f'"a:b" is an invalid OS component of "a:b/amd64": {IN_OS}'),
    ("os", "a/b/c/d", f'"d/amd64" is an invalid component of "a/b/c/d/amd64": {IN_PLATFORM}'),
    ("variant", "v:1", f'"v:1" is an invalid component of "linux/amd64/v:1": {IN_PLATFORM}'),
    ("variant", "", ""),
]


@pytest.mark.parametrize("base", ["docker-archive", "oci-archive"])
@pytest.mark.parametrize(("key", "value", "error"), COMPARED, ids=lambda text: text[:12])
def test_buildah_1_42_compares_platforms(
    base: str, key: str, value: str, error: str, tmp_path: Path
) -> None:
    edits = [{"set": {"pointer": f"/{key}", "value": value}}]
    path = build({"base": base, "config_edits": edits}, tmp_path)
    question = Question(new_session().read(path), Host(), str(path))
    step = f"Error: checking platform of image {base}:<tmp>: parsing image platform: "
    message = NEWER[f"pull {base}"].judge(question).message
    assert masked(message or "") == masked(f"{step}{error}: invalid argument" if error else "")
