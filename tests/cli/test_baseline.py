"""The baseline: findings in it do not fail a run, and are recognized when archives are rebuilt."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.baseline import archive_name, document, entry_of, read_baseline
from checker.checks.finding import Finding, Severity
from checker.errors import SettingsError
from checker.model.location import Location
from checker.results import BaselineEntry
from checker.testing import build, sample_image

from .conftest import Checker

NOTES = ("--fail-on", "note", "--select", "HYG")


def written(checker: Checker, *words: str | Path) -> list[dict[str, str]]:
    done = checker("baseline", "write", "known.json", *words, *NOTES)
    assert (done.code, done.err) == (0, "")
    return list(json.loads(checker.folder.joinpath("known.json").read_text("utf-8"))["findings"])


def test_only_new_findings_fail(checker: Checker, image: Path) -> None:
    assert checker("check", image, *NOTES).code == 1
    entries = written(checker, image)
    assert {"HYG002", "HYG013"} <= {entry["rule"] for entry in entries}
    done = checker("check", image, *NOTES, "--baseline", "known.json")
    assert done.code == 0
    assert f"ok      {image}: {len(entries)} in the baseline\n" in done.out
    report = checker("check", image, *NOTES, "--baseline", "known.json", "--format", "json").report
    assert report["baseline"] == {"file": "known.json", "known": len(entries), "gone": []}
    assert report["summary"]["in_baseline"] == len(entries)
    assert all(finding["in_baseline"] for finding in report["archives"][0]["findings"])
    suite = checker("check", image, *NOTES, "--baseline", "known.json", "--format", "junit").junit
    assert suite.get("failures") == "0"
    assert "  in the baseline" in "".join(map(str, suite.itertext()))


def test_the_settings_name_the_baseline(checker: Checker, image: Path) -> None:
    written(checker, image)
    folder = checker.folder / "below"
    folder.mkdir()
    checker.folder.joinpath(".git").mkdir()
    checker.folder.joinpath("checker.toml").write_text('baseline = "known.json"\n')
    below = Checker(folder)
    # The name of an archive is its path below the working directory, or else its file name.
    assert below("check", "../image.tar", *NOTES).code == 0
    os.rename(checker.folder / "known.json", folder / "known.json")
    assert below("check", "../image.tar", *NOTES).code == 2


def test_what_is_gone_is_listed(checker: Checker, image: Path, rootfs: Path) -> None:
    written(checker, image, rootfs)
    file = checker.folder / "known.json"
    value = json.loads(file.read_text("utf-8"))
    gone = {"rule": "HYG006", "archive": "image", "image": "app", "place": "x.json#/config/Env/0"}
    others = [
        {**gone, "archive": "other"},  # not checked
        {**gone, "rule": "ARC003"},  # not among the rules that run
    ]
    value["findings"] += [gone, *others]
    file.write_text(json.dumps(value))
    words = ("check", image, *NOTES, "--baseline", "known.json")
    assert checker(*words, "--format", "json").report["baseline"]["gone"] == [gone]
    done = checker(*words)
    assert done.code == 0
    told = " ".join(done.out.split())
    assert "gone 1 finding in known.json not found again; write it again to remove them" in told
    assert "HYG006 image, app, x.json#/config/Env/0" in told


def test_a_rebuilt_image_has_the_same_entries(checker: Checker) -> None:
    first = sample_image()
    rebuilt = (
        replace(
            first, tags=(f"registry.example/app:{number}",), config={"created": f"20{number}-05-06"}
        )
        for number in (24, 25)
    )
    path = checker.folder / "app.tar"
    found = []
    for image in rebuilt:
        path.write_bytes(build("docker-archive", image).tar())
        found.append(written(checker, path))
    assert found[0]
    assert found[0] == found[1]
    assert {entry["image"] for entry in found[0]} <= {"registry.example/app", ""}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("dist/app.tar", "dist/app"),
        ("./dist/app-1.2.3.tar.gz", "dist/app"),
        ("dist/app_v1.10.tgz", "dist/app"),
        ("app-1.2.3-rc.1+build.5.tar.zst", "app"),
        ("app-3f2a9c1.tar", "app"),
        ("app-facade.tar", "app-facade"),
        ("app2.tar", "app2"),
        ("app-2.tar", "app-2"),
        ("/elsewhere/job-17/app.tar", "app"),
        ("../other/app.tar", "app"),
        (f"blobs/sha256/{'ab' * 32}", "blobs/sha256/*"),
        (".tar", ".tar"),
        ("-", "-"),
        ("layout", "layout"),
    ],
)
def test_names_of_archives(path: str, name: str) -> None:
    assert archive_name(path) == name


def finding(location: Location, message: str = "x") -> Finding:
    return Finding("DKR001", "invalid", Severity.ERROR, message, location)


A, B = "a1" * 32, "b2" * 32


@pytest.mark.parametrize(
    ("first", "second", "image", "place"),
    [
        ({"image": "app:1"}, {"image": "app:2"}, "app", ""),
        ({"image": "h:5000/a/b:1@sha256:" + A}, {"image": "h:5000/a/b"}, "h:5000/a/b", ""),
        ({"image": f"sha256:{A}"}, {"image": f"sha256:{B}"}, "", ""),
        ({"path": "etc/x", "layer": 1, "offset": 5}, {"path": "etc/x", "layer": 2}, "", "etc/x"),
        ({"member": f"{A}.json"}, {"member": f"{B}.json", "digest": f"sha256:{B}"}, "", "*.json"),
        (
            {"member": f"blobs/sha256/{A}", "pointer": "/config/Env/0"},
            {"member": f"blobs/sha256/{B}", "pointer": "/config/Env/0", "offset": 7},
            "",
            "blobs/sha256/*#/config/Env/0",
        ),
    ],
)
def test_entries_do_not_depend_on_the_build(
    first: dict[str, object], second: dict[str, object], image: str, place: str
) -> None:
    entries = {
        entry_of(finding(Location("a.tar", **values), message), "a")  # type: ignore[arg-type]
        for values, message in ((first, "1 of 2 bytes"), (second, "3 of 4 bytes"))
    }
    assert entries == {BaselineEntry("DKR001", "a", image, place)}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_what_is_written_is_read(image: str, path: str, archive: str) -> None:
    entry = entry_of(finding(Location("a", image=image, path=path)), archive or "a")
    assert entry._replace() == entry
    assert document([entry, entry])["findings"] == [entry._asdict()]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ":1: not valid JSON: Expecting value"),
        (b"{\n\n]", ":3: not valid JSON: "),
        (b"[]", ": is not a baseline; 'checker baseline write' writes one"),
        (b"{}", ": is not a baseline"),
        (b'{"findings": []}', ": version None is not supported (expected 1)"),
        (b'{"findings": [], "version": 2}', ": version 2 is not supported (expected 1)"),
        (b'{"findings": [5], "version": 1}', ": findings[0]: must be an object, found 5"),
        (
            b'{"findings": [{"rule": 5}], "version": 1}',
            ": findings[0]: rule: must be a string, found 5",
        ),
        (b'{"findings": [{"rule": "A"}], "version": 1}', "must have a rule and an archive"),
        (b"\n\xff", ":2: not valid UTF-8"),
        (b"[" * 200_000, ": nested too deeply"),
        (b"9" * 5000, ": a number has too many digits"),
    ],
)
def test_a_wrong_baseline_says_where(
    checker: Checker, image: Path, data: bytes, message: str
) -> None:
    checker.folder.joinpath("known.json").write_bytes(data)
    done = checker("check", image, "--baseline", "known.json")
    assert (done.code, done.err.count("\n"), done.out) == (2, 1, "")
    assert done.err.startswith(f"checker: known.json{message}") or message in done.err


def test_a_byte_order_mark_of_a_windows_editor(checker: Checker) -> None:
    known = checker.folder / "known.json"
    known.write_bytes(b'\xef\xbb\xbf{"findings": [], "version": 1}')
    assert read_baseline(str(known)).entries == frozenset()


def test_a_baseline_that_is_not_there(checker: Checker, image: Path) -> None:
    done = checker("check", image, "--baseline", "known.json")
    assert done.code == 2
    assert "known.json: cannot be read: No such file or directory" in done.err
    with pytest.raises(SettingsError):
        read_baseline(str(checker.folder))


def test_it_is_not_written_when_the_check_is_incomplete(checker: Checker, image: Path) -> None:
    done = checker("baseline", "write", "known.json", image, "missing.tar")
    assert done.code == 3
    assert "known.json is not written" in done.err
    assert not checker.folder.joinpath("known.json").exists()
    done = checker("baseline", "write", "no/known.json", image)
    assert (done.code, done.err.count("\n")) == (3, 1)


def test_it_does_not_replace_an_archive(checker: Checker, image: Path) -> None:
    before = image.read_bytes()
    done = checker("baseline", "write", image, image)
    assert done.code == 2
    assert image.read_bytes() == before
