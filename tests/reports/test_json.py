"""The report for programs: its schema, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from checker.masking import masked_run
from checker.reports.json_report import render_json
from checker.results import Run
from checker.testing import damage, sample
from checker.testing.tar import compress
from tests.sessions import new_session

SCHEMA = json.loads((Path(__file__).parent / "report-v1.schema.json").read_text(encoding="utf-8"))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_report_follows_the_schema(run: Run) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(render_json(run)))


BROKEN = {
    "a key too few": lambda report: report["archives"][0].pop("sha256"),
    "a key too many": lambda report: report.update(colour="red"),
    "another version": lambda report: report.update(version=2),
    "an unknown kind": lambda report: report["archives"][0].update(kind="zip"),
    "results without findings": lambda report: report["archives"][0].pop("findings"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_schema_refuses(samples: Mapping[str, Run], name: str) -> None:
    report = json.loads(render_json(samples["findings"]))
    BROKEN[name](report)
    assert not Draft202012Validator(SCHEMA).is_valid(report)


def test_the_text_is_ascii_and_has_no_raw_controls(run: Run) -> None:
    shown = render_json(run)
    assert shown.isascii()
    assert shown.replace("\n", "").isprintable()
    assert shown.startswith('{\n  "version": 1,\n')
    assert shown.endswith("}\n")


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else ():
        yield from strings(item)
    for item in value if isinstance(value, list) else ():
        yield from strings(item)


def test_every_string_can_be_encoded_and_keeps_the_rest(samples: Mapping[str, Run]) -> None:
    report = json.loads(render_json(samples["hostile"]))
    assert all(text.encode() for text in strings(report) if text)
    path = report["archives"][0]["path"]
    assert "\x1b[2J" in path
    assert r"\xff\xe4\ud800" in path


def test_what_an_archive_is(samples: Mapping[str, Run]) -> None:
    run = samples["findings"]
    archive = json.loads(render_json(run))["archives"][0]
    facts = run.archives[0].archive
    assert facts is not None
    assert archive["kind"] == "oci-archive"
    assert archive["producer"] == "skopeo"
    assert archive["compression"] == "none"
    assert archive["size"] == facts.size
    assert archive["sha256"] == facts.sha256
    assert (archive["loadable"], archive["importable"]) == ("depends", "no")
    assert archive["restore"] == "podman load -i image.tar"
    [image] = archive["images"]
    assert (image["names"], image["platform"]) == (["sample:1"], "linux/amd64")
    for layer, known in zip(image["layers"], facts.images[0].layers, strict=True):
        assert known.blob is not None
        assert known.blob.tar is not None
        assert layer == {
            "digest": known.blob.digest,
            "diff_id": known.blob.diff_id,
            "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
            "size": known.blob.size,
            "uncompressed_size": known.blob.tar.size,
            "entries": len(known.entries),
        }


def test_findings_and_results(samples: Mapping[str, Run]) -> None:
    report = json.loads(render_json(samples["findings"]))
    archive = report["archives"][0]
    first = archive["findings"][0]
    assert (first["rule"], first["name"], first["severity"]) == (
        "OCI002",
        "digest-mismatch",
        "error",
    )
    assert first["location"]["layer"] == 1
    assert first["related"][0]["pointer"] == "/layers/1/digest"
    assert archive["findings"][-1]["waived"] == "the builder is from 2009"
    assert [result["outcome"] for result in archive["results"]] == ["passed", *["failed"] * 4]
    assert report["summary"] == {
        "archives": 1,
        "errors": 1,
        "warnings": 20,
        "notes": 1,
        "waived": 1,
        "in_baseline": 0,
        "crashes": 0,
    }
    assert report["exit_code"] == 1


def test_a_crash_has_its_traceback(samples: Mapping[str, Run]) -> None:
    report = json.loads(render_json(samples["crash"]))
    [crashed] = [r for r in report["archives"][0]["results"] if r["outcome"] == "error"]
    assert crashed["traceback"].startswith("Traceback")
    assert report["archives"][0]["crashes"] == [
        "checker_engines cannot classify the archive: KeyError: 'docker'",
    ]
    assert report["exit_code"] == 3


def test_an_unreadable_archive_says_why(samples: Mapping[str, Run]) -> None:
    report = json.loads(render_json(samples["unreadable"]))
    archive = report["archives"][0]
    assert archive["error"] == "missing.tar: cannot be read: No such file or directory"
    assert archive["kind"] is None
    assert archive["images"] == []
    assert [problem["dist"] for problem in report["problems"]] == ["acme-broken-rules"] * 2


def test_classify_leaves_out_what_checks_say(samples: Mapping[str, Run]) -> None:
    for archive in json.loads(render_json(samples["classify"]))["archives"]:
        assert not archive.keys() & {"findings", "results"}


SECRET = "AKIA" + "Q7" * 8
DAMAGED: Mapping[str, tuple[bytes, Mapping[str, object]]] = {
    "text before a tar": (
        b"[sudo] password for me: \n" + sample(),
        {
            "kind": "leading-text",
            "offset": 0,
            "leading_bytes": 25,
            "quote": "[sudo] password for me:",
            "within": "none",
        },
    ),
    "text before the tar in gzip": (
        compress(b"hint\n" + sample(), "gzip"),
        {"kind": "leading-text", "leading_bytes": 5, "quote": "hint", "within": "gzip"},
    ),
    "a secret before a tar": (
        f"key {SECRET}\n".encode() + sample(),
        {"kind": "leading-text", "quote": "key ***"},
    ),
    "line endings": (
        damage.lf_to_crlf(compress(sample(), "gzip")),
        {"kind": "converted-line-endings", "leading_bytes": None, "quote": None},
    ),
    "PowerShell": (
        damage.utf_16(sample()),
        {"kind": "converted-characters", "offset": 0, "quote": None},
    ),
    "base64": (
        damage.base64_lines(sample()),
        {"kind": "archive-as-text", "offset": None, "quote": None},
    ),
    "a message": (
        b"Error response from daemon: No such image: app:1\n",
        {"kind": "saved-text", "quote": "Error response from daemon: No such image: app:1"},
    ),
    "a piece": (sample()[:20480], {"kind": "piece-of-split-file", "quote": None}),
    "another format": (b"SQLite format 3\0" + b"\0" * 2000, {"kind": "other-format"}),
    "never written": (b"\xff" * 4096, {"kind": "unwritten-data", "offset": 0}),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_happened_to_the_file(name: str, tmp_path: Path) -> None:
    data, expected = DAMAGED[name]
    path = tmp_path / ("image.tar.partaa" if name == "a piece" else "image.tar")
    path.write_bytes(data)
    report = json.loads(render_json(masked_run(new_session().run([path]))))
    Draft202012Validator(SCHEMA).validate(report)
    found = report["archives"][0]["damage"]
    assert found is not None
    assert {key: found[key] for key in expected} == expected
    assert found["summary"]


def test_sound_archives_are_not_damaged(samples: Mapping[str, Run]) -> None:
    for archive in json.loads(render_json(samples["classify"]))["archives"]:
        assert archive["damage"] is None
