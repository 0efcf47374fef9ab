"""Work is bounded: what hostile archives cost is counted, not timed."""

from __future__ import annotations

import json
import sys
from itertools import permutations
from pathlib import Path

import pytest

from benchmarks.hostile.generators import GENERATORS
from checker import Archive, CheckedArchive, Severity, VerdictOutcome
from checker.model.blob import Blob
from checker.model.document import Document
from checker.model.limits import Limits
from checker.model.location import Location
from checker.reading.archive import ReadOptions, read_archive
from checker.reading.documents import DocumentBytes, count_values
from checker.reports.output import Output, kept_for
from checker.reports.report import Report
from checker.testing import Member, sample, write_tar
from checker.testing.archive import docker_archive
from checker.testing.image import Image
from checker.testing.tar import directory, file
from tests.sessions import new_session

LIMITS = {
    "images": 100,
    "layers": 100,
    "merged": 10_000,
    "json_items": 1000,
    "json_values": 50_000,
    "nesting": 1 << 20,
    "frames": 1000,
    "records": 5000,
    "simulated": 150,
}
SESSION = new_session({"limits": LIMITS})
# The limit that ends the work, with the small size.
REACHED = {
    "many-images": "images",
    "images-with-shared-layers": "merged",
    "images-with-an-odd-layer": "merged",
    "one-layer-again-and-again": "layers",
    "empty-manifest-items": "images",
    "oci-layers": "layers",
    "absent-manifests": "images",
    "indexes-of-the-same": "images",
    "deep-paths": "nesting",
    "deep-whiteouts": "nesting",
    "deep-root": "nesting",
    "linked-directories": "simulated",
    "unclean-names": "simulated",
    "one-odd-layer-again-and-again": "simulated",
    "many-records": "records",
    "long-sparse-maps": "records",
    "layers-of-many-records": "records",
    "empty-arrays": "json_values",
    "compressed-arrays": "json_values",
    "many-keys": "json_values",
    "many-variables": "json_items",
    "many-labels": "json_items",
    "gzip-members": "frames",
    "bzip2-streams": "frames",
    "zstd-frames": "frames",
    "zstd-skippable-frames": "frames",
    "sparse-members": "holes",
}


def checked(path: Path, name: str) -> CheckedArchive:
    target = path / "hostile.tar"
    target.write_bytes(GENERATORS[name].make(GENERATORS[name].small).data)
    return SESSION.check(target)


def units(archive: Archive) -> int:
    """What rules and engines look at, over all images."""
    layers = [layer for image in archive.images for layer in image.layers]
    documents = [blob.document for blob in archive.members.blobs.values() if blob.document]
    return (
        len(archive.entries)
        + sum(100 + len(layer.entries) for layer in layers)
        + sum(count_values(document.raw) for document in documents)
        + sum(len(index.manifests) for index in (archive.oci.indexes if archive.oci else ()))
    )


@pytest.mark.parametrize("name", GENERATORS)
def test_a_hostile_archive_is_checked_within_limits(tmp_path: Path, name: str) -> None:
    """Nothing crashes, and what was left out is a finding that names the limit."""
    result = checked(tmp_path, name)
    assert result.is_whole
    assert result.archive is not None
    told = {finding.message for finding in result.findings if finding.rule == "ARC010"}
    for reached in result.archive.limits:
        assert any(f"the limit {reached.limit} of {reached.value}" in text for text in told)
    wanted = REACHED.get(name)
    assert wanted in {reached.limit for reached in result.archive.limits} | {None}
    assert units(result.archive) < 100_000


# --- simulated extractions


@pytest.mark.parametrize("name", ["linked-directories", "unclean-names"])
def test_an_outcome_that_was_not_simulated_is_not_known(tmp_path: Path, name: str) -> None:
    """Neither refused nor without a condition: the verdict names the limit."""
    result = checked(tmp_path, name)
    assert result.archive is not None
    (reached,) = [one for one in result.archive.limits if one.limit == "simulated"]
    cut = [verdict for verdict in result.verdicts if verdict.limit == reached]
    assert cut
    for verdict in cut:
        assert verdict.outcome is VerdictOutcome.ACCEPTS
        assert verdict.rules == ("ARC010",)
        assert reached.what in verdict.reason


@pytest.mark.parametrize(
    "name",
    [
        "repeated-paths",
        "repeated-paths-in-a-root",
        "below-a-linked-directory",
        "chain-of-hard-links",
        "whiteouts-of-all",
    ],
)
def test_what_cannot_collide_is_not_simulated(tmp_path: Path, name: str) -> None:
    result = checked(tmp_path, name)
    assert all(verdict.limit is None for verdict in result.verdicts)


def test_an_outcome_that_is_not_known_is_not_a_fault_of_the_archive(tmp_path: Path) -> None:
    """A sound archive with many unusual entries does not fail a pipeline."""
    result = checked(tmp_path, "linked-directories")
    (told,) = [finding for finding in result.findings if finding.rule == "ARC010"]
    assert "the limit simulated of" in told.message
    assert told.severity is Severity.WARNING


# --- one layer again and again


def calls_of(path: Path, name: str, size: int) -> int:
    """How many functions a check of an archive calls, in this thread."""
    target = path / f"{size}.tar"
    target.write_bytes(GENERATORS[name].make(size).data)
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        new_session().check(target)
    finally:
        sys.setprofile(before)
    return calls


def test_a_layer_is_not_compared_with_all_that_are_below_it(tmp_path: Path) -> None:
    name = "one-layer-with-whiteouts-again-and-again"
    calls_of(tmp_path, name, 2)  # imports what is needed
    few, more, most = (calls_of(tmp_path, name, size) for size in (100, 200, 400))
    # Twice the layers, twice what is added; for each pair of layers it would be four times.
    assert most - more < 3 * (more - few)


# --- records of extension headers


def test_all_layers_share_the_records_that_are_more_than_their_part(tmp_path: Path) -> None:
    records = {f"k{number}": "v" for number in range(400)}
    layers = tuple((Member(f"f{number}", pax=records),) for number in range(4))
    target = tmp_path / "a.tar"
    target.write_bytes(docker_archive(Image(layers=layers)).tar())
    enough = ReadOptions(limits=Limits(records=1600))
    assert not read_archive(str(target), enough).limits
    too_few = read_archive(str(target), ReadOptions(limits=Limits(records=1000)))
    assert {reached.limit for reached in too_few.limits} == {"records"}
    read = [layer.entries for image in too_few.images for layer in image.layers]
    assert sorted(map(len, read)) == [0, 0, 1, 1]


@pytest.mark.parametrize("limit", [10, 60_000])
def test_the_content_of_a_sparse_file_pays_for_its_map(tmp_path: Path, limit: int) -> None:
    """Spans of 512 bytes, the smallest that archivers find, never reach the limit."""
    spans = [(2 * number * 512, 512) for number in range(3000)]
    records = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": str(6000 * 512),
        "GNU.sparse.numblocks": str(len(spans)),
        "GNU.sparse.map": ",".join(f"{offset},{length}" for offset, length in spans),
    }
    target = tmp_path / "a.tar"
    target.write_bytes(write_tar([directory("etc"), Member("s", bytes(3000 * 512), pax=records)]))
    archive = read_archive(str(target), ReadOptions(limits=Limits(records=limit)))
    assert not archive.limits
    assert len(archive.entries.sparse[1]) == 3000


# --- documents


def documents(sizes: dict[str, int]) -> list[Blob]:
    """Blobs with documents of some sizes, not parsed yet."""
    return [
        Blob(
            location=Location(archive="a", member=name),
            position=position,
            path=name,
            size=size,
            digests={"sha256": ""},
            document=Document(raw=b"[" + b" " * (size - 2) + b"]"),
        )
        for position, (name, size) in enumerate(sizes.items())
    ]


@pytest.mark.parametrize("order", tuple(permutations(range(4))))
def test_which_documents_are_kept_does_not_depend_on_the_order(order: tuple[int, ...]) -> None:
    blobs = documents({"a": 50, "b": 30, "c": 30, "d": 20})
    found = DocumentBytes(Limits(json_bytes=80))
    for position in order:
        found.add(blobs[position])
    parsed = found.parsed()
    assert [blob.document is not None for blob in parsed.values()] == [False, True, True, True]
    assert [reached.limit for reached in parsed[0].limits] == ["json_bytes"]


def test_small_documents_are_parsed_first(tmp_path: Path) -> None:
    """A large one that nothing refers to does not keep the image from being checked."""
    large = file("a.json", json.dumps(list(range(2000))))
    target = tmp_path / "a.tar"
    target.write_bytes(write_tar([large], end_blocks=0) + sample())
    archive = read_archive(str(target), ReadOptions(limits=Limits(json_values=1000)))
    assert [(reached.limit, reached.member) for reached in archive.limits] == [
        ("json_values", "a.json")
    ]
    assert archive.images
    assert archive.members.blobs[0].document is None


@pytest.mark.parametrize(
    ("value", "limit", "left"),
    [
        ([{}] * 9, "images", [{}] * 5),
        ({"manifests": [{}] * 9}, "images", {"manifests": [{}] * 5}),
        ({"layers": list(range(9))}, "layers", {"layers": list(range(6))}),
        (
            {"rootfs": {"diff_ids": ["x"] * 9}, "history": [{}] * 6},
            "layers",
            {"rootfs": {"diff_ids": ["x"] * 6}, "history": [{}] * 6},
        ),
        ([{"Layers": ["x"] * 9}], "layers", [{"Layers": ["x"] * 6}]),
        ({"config": {"Env": ["x"] * 9}}, "json_items", {"config": {"Env": ["x"] * 7}}),
        (
            {"config": {"Labels": {str(i): "" for i in range(9)}}},
            "json_items",
            {"config": {"Labels": {str(i): "" for i in range(7)}}},
        ),
        ({"packages": [{}] * 9}, None, {"packages": [{}] * 9}),
    ],
)
def test_lists_that_describe_images_are_cut(
    tmp_path: Path, value: object, limit: str | None, left: object
) -> None:
    """Value and bytes agree, so that rules and engines see the same."""
    target = tmp_path / "a.tar"
    member = file("x.json", json.dumps(value))
    target.write_bytes(write_tar([member, Member("manifest.json", b"[]")]))
    limits = Limits(images=5, layers=6, json_items=7)
    archive = read_archive(str(target), ReadOptions(limits=limits))
    (blob, _) = archive.members.blobs.values()
    assert blob.document is not None
    assert blob.document.value == left
    assert json.loads(blob.document.raw) == left
    assert blob.whole
    assert [reached.limit for reached in archive.limits] == ([limit] if limit else [])


# --- facts are dropped


def test_the_content_of_an_archive_can_be_dropped(tmp_path: Path) -> None:
    """What the reports show is the same."""
    from checker.reports.json_report import render_json
    from checker.reports.junit import render_junit
    from checker.reports.text.report import render_text

    paths = []
    for kind in ("docker-archive", "oci-archive", "rootfs", "layer", "empty"):
        path = tmp_path / f"{kind}.tar"
        path.write_bytes(sample(kind))
        paths.append(str(path))
    run = SESSION.run([*paths, str(tmp_path / "missing")])
    slim = run._replace(archives=tuple(each.without_content() for each in run.archives))
    assert render_text(slim) == render_text(run)
    assert render_json(slim) == render_json(run)
    assert render_junit(slim) == render_junit(run)
    for checked in slim.archives[:-1]:
        assert checked.archive is not None
        assert not len(checked.archive.entries)
        assert not checked.archive.members.blobs
        assert all(
            layer.blob is None or (layer.blob.tar is None and layer.blob.document is None)
            for image in checked.archive.images
            for layer in image.layers
        )


def test_what_is_kept_of_an_archive_is_decided_before_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(sample())
    seen: list[str] = []

    def sources() -> list[str]:
        return [str(path), str(path)]

    def keep(result: CheckedArchive) -> CheckedArchive:
        seen.append(result.path)
        return result.without_content()

    run = SESSION.run(sources(), keep=keep)
    assert seen == sources()
    assert all(each.archive is not None and not len(each.archive.entries) for each in run.archives)


def test_content_is_kept_for_the_reports_that_need_it(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(sample())
    result = SESSION.check(path)
    slim, whole = Report("slim", repr, needs_content=False), Report("whole", repr)
    assert kept_for([Output(slim), Output(whole)])(result) is result
    kept = kept_for([Output(slim)])(result)
    assert kept.archive is not None
    assert not len(kept.archive.entries)
