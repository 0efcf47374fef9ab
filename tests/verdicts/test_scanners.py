"""Scanners and viewers: the cases of ``scanners.toml``, directories, limits, and terminals."""

from __future__ import annotations

import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.masking import masked
from benchmarks.readers.terminal import shown_by
from benchmarks.readers.tools import TOOLS as ALL_TOOLS
from benchmarks.readers.tools import Bench, installed_tools, running_bench
from checker import VerdictOutcome
from checker.model.limits import Limits
from checker.plugins import load_plugins
from checker.testing.cases import Case
from checker.verdicts import Host, Question, Verdict
from tests.sessions import new_session

CASES = Path(__file__).parents[1] / "cases" / "readers" / "scanners.toml"
TABLES = {case["name"]: case for case in tomllib.loads(CASES.read_text("utf-8"))["case"]}
READERS = {f"{one.name} {one.action}": one for one in load_plugins().readers().engines}
TITLES = sorted({title for case in TABLES.values() for title in case["says"]})
TOOLS = {tool.title: tool for tool in installed_tools()}


def build(table: dict[str, Any], folder: Path) -> Path:
    return Case("", "", "found", "pass", {}, (), CASES, table).build().write(folder)


def built(name: str, folder: Path) -> Path:
    case = TABLES[name]
    return build({key: case[key] for key in case.keys() - {"name", "says"}}, folder)


def judged(title: str, path: Path, host: Host | None = None, simulated: int = 10**6) -> Verdict:
    session = new_session()
    archive = session.read(path)
    limits = Limits(simulated=simulated)
    question = Question(archive, host or session.settings.host, "image.tar", limits)
    return READERS[title].judge(question)


def said_by(verdict: Verdict) -> str:
    if verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN:
        return "-"
    return masked(verdict.message or "")


@pytest.mark.parametrize("name", TABLES)
def test_the_verdict_is_what_the_tool_said(name: str, tmp_path: Path) -> None:
    session = new_session()
    archive = session.read(built(name, tmp_path))
    question = Question(archive, session.settings.host, "image.tar")
    for title, text in TABLES[name]["says"].items():
        verdict = READERS[title].judge(question)
        assert said_by(verdict) == text, f"{title}: {verdict.reason}"
        assert (verdict.outcome is VerdictOutcome.REJECTS) is (text not in {"", "-"}), title
        assert verdict.reason, title
        assert verdict.command, title


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
    assert set(TITLES) <= READERS.keys()
    assert {tool.title for tool in ALL_TOOLS} <= READERS.keys()


PLATFORMS = ["linux/amd64", "linux/arm64/v8"]
INDEX = "index.json"
TEXT = {"set": {"member": INDEX, "pointer": "/manifests/0/mediaType", "value": "text/plain"}}
ITSELF = [
    {
        "set": {
            "member": "{index}",
            "pointer": "/manifests/0/digest",
            "value": "{index.digest}",
        }
    },
    {
        "set": {
            "member": "{index}",
            "pointer": "/manifests/0/mediaType",
            "value": "application/vnd.oci.image.index.v1+json",
        }
    },
]
NO_FILE = "no such file or directory"
# What is in the message of a refusal, else in the reason.
DIRECTORIES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "trivy, a layout": ("trivy-0 image --input", {}, "accepts", "all layers"),
    "trivy, two platforms": (
        "trivy-0 image --input",
        {"platforms": PLATFORMS, "flat": True},
        "accepts",
        "of 2 images only the first",
    ),
    "trivy, a nested index": (
        "trivy-0 image --input",
        {"platforms": PLATFORMS},
        "accepts",
        "all layers",
    ),
    "trivy, no index": (
        "trivy-0 image --input",
        {"edits": [{"remove": INDEX}]},
        "rejects",
        f"unable to open <tmp> as an OCI Image: stat <tmp>/index.json: {NO_FILE}",
    ),
    "trivy, no JSON": (
        "trivy-0 image --input",
        {"edits": [{"replace": {"member": INDEX, "text": "junk"}}]},
        "rejects",
        "invalid index.json: invalid character 'j'",
    ),
    "trivy, no images": (
        "trivy-0 image --input",
        {"edits": [{"unset": {"member": INDEX, "pointer": "/manifests"}}]},
        "rejects",
        "no valid manifest",
    ),
    "trivy, no nested images": (
        "trivy-0 image --input",
        {
            "platforms": PLATFORMS,
            "edits": [{"unset": {"member": "{index}", "pointer": "/manifests"}}],
        },
        "rejects",
        "invalid OCI image ref",
    ),
    "trivy, something else": (
        "trivy-0 image --input",
        {"edits": [TEXT]},
        "rejects",
        "invalid OCI image: unexpected media type for sha256:",
    ),
    "trivy, no nested index": (
        "trivy-0 image --input",
        {"platforms": PLATFORMS, "edits": [{"remove": "{index}"}]},
        "rejects",
        "unable to retrieve a child image",
    ),
    "trivy, an index that lists itself": (
        "trivy-0 image --input",
        {"platforms": ["linux/amd64"], "edits": ITSELF},
        "rejects",
        "goroutine stack exceeds",
    ),
    "trivy, no manifest": (
        "trivy-0 image --input",
        {"edits": [{"remove": "{manifest}"}]},
        "rejects",
        "unable to get the image ID: lstat <tmp>/blobs/sha256/",
    ),
    "trivy, no config": (
        "trivy-0 image --input",
        {"edits": [{"remove": "{config}"}]},
        "rejects",
        NO_FILE,
    ),
    "trivy, a config that is not JSON": (
        "trivy-0 image --input",
        {"edits": [{"replace": {"member": "{config}", "text": "junk"}}]},
        "rejects",
        "unable to get the image's config file: invalid character 'j'",
    ),
    "trivy, no layer": (
        "trivy-0 image --input",
        {"edits": [{"remove": "{layer0}"}]},
        "rejects",
        "failed to get the layer content (sha256:",
    ),
    "trivy, a layer that is text": (
        "trivy-0 image --input",
        {"edits": [{"replace": {"member": "{layer0}", "text": "text"}}]},
        "rejects",
        "walk error: failed to extract the archive: unexpected EOF",
    ),
    "trivy, fewer layers": (
        "trivy-0 image --input",
        {"manifest_edits": [{"set": {"pointer": "/layers", "value": []}}]},
        "rejects",
        "mismatched fs layers (0) and diff ids (2)",
    ),
    "trivy, no diffIDs": (
        "trivy-0 image --input",
        {"config_edits": [{"set": {"pointer": "/rootfs/diff_ids", "value": []}}]},
        "accepts-broken",
        "only 0 of 2 layers",
    ),
    "syft, a layout": ("syft-1 oci-dir", {}, "accepts", "without the names"),
    "syft, two platforms": (
        "syft-1 oci-dir",
        {"platforms": PLATFORMS},
        "accepts",
        "1 more of index.json are left out",
    ),
    "syft, no index": (
        "syft-1 oci-dir",
        {"edits": [{"remove": INDEX}]},
        "rejects",
        "no source providers were able to resolve",
    ),
    "syft, an archive": (
        "syft-1 oci-archive",
        {},
        "rejects",
        "oci-archive: read <tmp>: is a directory",
    ),
    "grype, a layout": ("grype-0 oci-dir", {}, "accepts", "without the names"),
    "scout, a layout": ("scout-1 cves oci-dir://", {}, "accepts", "without the names"),
    "dive": ("dive-0 docker-archive", {}, "rejects", "read <tmp>: is a directory"),
    "snyk": (
        "snyk-1 container test oci-archive",
        {},
        "rejects",
        "The provided archive path is not a file",
    ),
}


def layout_of(table: dict[str, Any], folder: Path) -> Path:
    packed, layout = folder / "tar", folder / "layout"
    packed.mkdir()
    with tarfile.open(build({"base": "oci-archive", **table}, packed)) as archive:
        archive.extractall(layout, filter="data")
    return layout


@pytest.mark.parametrize(
    ("title", "table", "outcome", "text"), DIRECTORIES.values(), ids=DIRECTORIES.keys()
)
def test_directories(
    title: str, table: dict[str, Any], outcome: str, text: str, tmp_path: Path
) -> None:
    verdict = judged(title, layout_of(table, tmp_path))
    assert verdict.outcome == outcome, verdict.message
    assert text in (verdict.message or verdict.reason)


@pytest.mark.engines
@pytest.mark.parametrize("name", DIRECTORIES)
def test_the_tool_says_so_of_directories(name: str, bench: Bench, tmp_path: Path) -> None:
    title, table, outcome, _ = DIRECTORIES[name]
    tool = TOOLS.get(title)
    if tool is None:
        pytest.skip(f"{title} is not installed: make readers")
    layout = layout_of(table, tmp_path)
    said = tool.read(bench, layout)
    assert said.accepts is (outcome != "rejects")
    if not said.accepts:
        assert masked(said.message) == masked(judged(title, layout).message or "")


@pytest.mark.parametrize("title", ["syft-1 oci-dir", "grype-0 oci-dir", "scout-1 cves oci-dir://"])
def test_a_directory_is_required(title: str, tmp_path: Path) -> None:
    verdict = judged(title, build({"base": "oci-archive"}, tmp_path))
    assert verdict.outcome is VerdictOutcome.REJECTS
    assert "stat <tmp>/index.json: not a directory" in (verdict.message or "")


@pytest.mark.parametrize(
    ("host", "outcome"),
    [
        (Host(architecture="arm64"), "accepts"),
        (Host(architecture="arm"), "accepts"),
        (Host(architecture="riscv64"), "rejects"),
    ],
)
def test_syft_takes_the_image_of_the_host(host: Host, outcome: str, tmp_path: Path) -> None:
    platforms = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7"]
    path = build({"base": "oci-archive", "platforms": platforms}, tmp_path)
    verdict = judged("syft-1 oci-archive", path, host)
    assert verdict.outcome == outcome
    assert "linux/riscv64" in (verdict.message or "linux/riscv64")


@pytest.mark.parametrize(
    ("title", "table"),
    [
        ("syft-1 oci-archive", {"base": "oci-archive"}),
        ("snyk-1 container test oci-archive", {"base": "oci-archive"}),
        (
            "dive-0 docker-archive",
            {"base": "docker-archive", "entries": [{"path": "etc/.wh.passwd", "text": ""}]},
        ),
    ],
)
def test_work_is_bounded(title: str, table: dict[str, Any], tmp_path: Path) -> None:
    verdict = judged(title, build(table, tmp_path), simulated=0)
    assert verdict.outcome is VerdictOutcome.ACCEPTS
    assert verdict.limit is not None


def test_an_image_of_two_is_scanned_by_snyk_with_another_config(tmp_path: Path) -> None:
    verdict = judged("snyk-1 container test docker-archive", built("two images", tmp_path))
    assert verdict.outcome is VerdictOutcome.ACCEPTS_BROKEN
    assert "the first of 2 images" in verdict.reason


@pytest.mark.parametrize(
    ("pointer", "value", "text"),
    [
        ("/history", [None], "Cannot read properties of null (reading 'created')"),
        ("/history", {"a": 1}, "history.slice is not a function"),
        ("/history", [], ""),
        ("/history", None, ""),
    ],
)
def test_snyk_looks_into_the_history(
    pointer: str, value: object, text: str, tmp_path: Path
) -> None:
    edits = [{"set": {"pointer": pointer, "value": value}}]
    if value is None:
        edits = [{"null": {"pointer": pointer}}]
    path = build({"base": "docker-archive", "config_edits": edits}, tmp_path)
    verdict = judged("snyk-1 container test docker-archive", path)
    assert (verdict.message or "") == text


def test_a_program_with_a_view_is_ended() -> None:
    command = ("sh", "-c", "echo before; printf '\\033[?1049h'; exec sleep 60")
    shown = shown_by(command, 30)
    assert shown.has_view
    assert shown.text.startswith("before")


def test_a_program_without_a_view_is_read_to_its_end() -> None:
    shown = shown_by(("sh", "-c", "printf '\\033[1mwords\\033[0m'"), 30)
    assert (shown.has_view, shown.text) == (False, "words")


def test_a_program_that_shows_nothing_is_ended() -> None:
    with pytest.raises(TimeoutError):
        shown_by(("sleep", "60"), 0)
