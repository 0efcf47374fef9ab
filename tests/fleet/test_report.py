"""The overview of results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from checker.fleet.dataset import Dataset
from checker.fleet.found import Found
from checker.fleet.overview import is_profile_of, overview_of
from checker.fleet.records import Check, Judged, Row, not_judged
from checker.fleet.schema import ARCHIVES, State
from tests.fleet.stock import write_stock
from tests.fleet.sweeping import report

Capture = pytest.CaptureFixture[str]
OUTCOMES = {"a": "accepts", "b": "accepts-broken", "r": "rejects"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_stock(folder / "archives", 10, 4)
    with pytest.MonkeyPatch.context() as patch:
        from checker.cli import main

        patch.chdir(folder)
        assert main(["sweep", "archives", "-o", "results", "--workers", "0", "--no-progress"]) == 1
    return folder / "results"


def judged(
    name: str, verdicts: Sequence[tuple[str, str, str]], *, base: str = "sha256:b"
) -> Judged:
    """An archive with these verdicts: engine, action, the first letter of the outcome."""
    check = Check(f"check-{name}", Found(name, "s3://b", 100, "e", None), "print")
    own = (check.id, name)
    given: tuple[Row, ...] = tuple(
        (*own, engine, action, OUTCOMES[letter], f"why {letter}", None, [])
        for engine, action, letter in verdicts
    )
    archive = list(not_judged(check, State.CHECKED, "").rows["archives"][0])
    names = [column.name for column in ARCHIVES]
    for key, value in (("error", None), ("passes", True), ("errors", 0), ("warnings", 0)):
        archive[names.index(key)] = value
    layers: tuple[Row, ...] = (
        (*own, 0, 0, base, base, None, 1000, 1000, 1),
        (*own, 0, 1, f"sha256:{name}", f"sha256:{name}", None, 10, 10, 1),
    )
    made = {"verdicts": given, "layers": layers, "archives": (tuple(archive),)}
    return not_judged(check, State.CHECKED, "")._replace(rows=made)


def dataset(tmp_path: Path, *batches: Sequence[Judged]) -> Dataset:
    made = Dataset(str(tmp_path / "results"))
    for number, batch in enumerate(batches):
        made.write(f"run-{number}", 1, batch)
    return made


def test_what_an_upgrade_would_break(tmp_path: Path) -> None:
    """Accepted by docker-28, and not by each variant of docker-29."""
    variants = ("docker-29-graphdriver", "docker-29-containerd")
    of = {
        "fine": "aaa",
        "refused-by-one": "aar",
        "refused-by-both": "arr",
        "broken": "aab",
        "broken-and-refused": "abr",
        "refused-before": "rrr",
        "broken-before": "brr",
    }
    batch = [
        judged(
            name,
            [
                (engine, "load", letter)
                for engine, letter in zip(("docker-28", *variants), letters, strict=True)
            ],
        )
        for name, letters in of.items()
    ]
    found = overview_of(dataset(tmp_path, batch[:3], batch[3:]), [("docker-28", "docker-29")])
    (upgrade,) = found.upgrades
    assert (upgrade.accepted, upgrade.refused, upgrade.broken) == (5, 3, 1)
    assert {one.url: one.outcome for one in upgrade.archives} == {
        "refused-by-one": "rejects",
        "refused-by-both": "rejects",
        "broken-and-refused": "rejects",
        "broken": "accepts-broken",
    }
    assert dict(upgrade.reasons) == {"why r": 3, "why b": 1}


def test_without_a_question_releases_follow_each_other(tmp_path: Path) -> None:
    engines = ("docker-28", "podman-5", "docker-20.10", "docker-9", "docker-29-a", "docker-29-b")
    found = overview_of(dataset(tmp_path, [judged("x", [(each, "load", "a") for each in engines])]))
    assert [(one.before, one.after) for one in found.upgrades] == [
        ("docker-9", "docker-20.10"),
        ("docker-20.10", "docker-28"),
        ("docker-28", "docker-29-a"),
        ("docker-28", "docker-29-b"),
    ]


def test_actions_are_compared_with_themselves(tmp_path: Path) -> None:
    verdicts = [("a-1", "load", "a"), ("a-1", "import", "a"), ("a-2", "import", "r")]
    (upgrade,) = overview_of(dataset(tmp_path, [judged("x", verdicts)])).upgrades
    assert (upgrade.action, upgrade.refused) == ("import", 1)


def test_layers_by_use(tmp_path: Path) -> None:
    bases = {"a": "sha256:1", "b": "sha256:1", "c": "sha256:2"}
    batch = [judged(name, [], base=base) for name, base in bases.items()]
    found = overview_of(dataset(tmp_path, batch[:1], batch[1:]))
    assert [(one.digest, one.images) for one in found.bases] == [("sha256:1", 2), ("sha256:2", 1)]
    assert [(one.digest, one.images, one.size) for one in found.layers] == [("sha256:1", 2, 1000)]
    assert found.distinct_layers == 5


def test_only_the_last_check_of_an_object_counts(tmp_path: Path) -> None:
    first = judged("x", [("a-1", "load", "r")])
    again = judged("x", [("a-1", "load", "a")])
    made = {
        table: tuple(("check-2", *row[1:]) for row in rows) for table, rows in again.rows.items()
    }
    found = overview_of(dataset(tmp_path, [first], [again._replace(rows=made)]))
    assert found.archives == 1
    assert [one[2:] for one in found.engines] == [(1, 0, 0)]


def test_objects_that_are_gone_do_not_count(tmp_path: Path) -> None:
    there = [judged("x", []), judged("y", [])]
    removed = Check("later", Found("x", "s3://b", 0, None, None), "print")
    gone = not_judged(removed, State.GONE, "it was removed")
    found = overview_of(dataset(tmp_path, there, [gone]))
    assert found.archives == 1


@pytest.mark.parametrize(
    ("engine", "name", "expected"),
    [
        ("docker-29-containerd", "docker-29", True),
        ("docker-29", "docker-29", True),
        ("docker-290", "docker-29", False),
        ("docker-29", "docker-29-containerd", False),
    ],
)
def test_profiles_of_a_name(engine: str, name: str, expected: object) -> None:
    assert is_profile_of(engine, name) is expected


def test_the_text(capsys: Capture, results: Path) -> None:
    found = report(capsys, results, "--top", "1")
    assert found.code == 0
    lines = found.out.splitlines()
    assert lines[0].endswith(": 8 pass, 2 do not pass, 0 not checked completely")
    for title in ("Worst archives", "Findings by rule", "Base layers", "Engines", "Upgrades"):
        assert title in lines
    assert "app-0004.tar" in found.out
    assert "app-0009.tar" not in found.out


def test_the_page(capsys: Capture, results: Path, tmp_path: Path) -> None:
    import html5lib

    assert report(capsys, results, "--format", f"html={tmp_path}/page.html").out == ""
    page = (tmp_path / "page.html").read_text("utf-8")
    html5lib.HTMLParser(strict=True).parse(page)
    assert "app-0004.tar" in page
    assert "<script" not in page


def test_names_cannot_become_markup(capsys: Capture, tmp_path: Path) -> None:
    name = "<script>\x1b[31m&\u202e.tar"
    engines = [("a-1", "load", "a"), ("a-2", "load", "r")]
    dataset(tmp_path, [judged(name, engines)])
    for form in ("html", "text", "junit", "json"):
        out = report(capsys, tmp_path / "results", "--format", form).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "<script" not in out or form in ("text", "json")


def test_junit(capsys: Capture, results: Path) -> None:
    root = ET.fromstring(report(capsys, results, "--format", "junit").out)
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"sweep: archives", "sweep: rules", "sweep: upgrades"}
    failed = [
        case.get("name") for case in suites["sweep: archives"] if case.find("failure") is not None
    ]
    assert [str(name).rpartition("/")[2] for name in failed] == ["app-0004.tar", "app-0009.tar"]


def test_json(capsys: Capture, results: Path) -> None:
    found = json.loads(report(capsys, results, "--format", "json").out)
    assert (found["version"], found["archives"], found["failing"]) == (1, 10, 2)
    assert found["worst"][0]["errors"] > 0


USAGE = {
    "no results": ([], 3, "contains no results"),
    "format": (["--format", "pdf"], 2, "--format: invalid value 'pdf'"),
    "file": (["--format", "html="], 2, "--format html: the name of the file is missing"),
    "upgrade": (["--upgrade", "docker-29"], 2, "--upgrade: invalid value 'docker-29'"),
    "top": (["--top", "0"], 2, "--top: invalid value 0"),
    "engine": (["--upgrade", "docker-28:dokker-29"], 2, "--upgrade: no verdicts of 'docker-28'"),
    "target": (["--format", "html=/nowhere/page.html"], 3, ""),
}


@pytest.mark.parametrize(("words", "code", "told"), USAGE.values(), ids=USAGE)
def test_usage(capsys: Capture, tmp_path: Path, words: list[str], code: int, told: str) -> None:
    found = report(capsys, tmp_path / "nothing", *words)
    assert (found.code, found.out) == (code, "")
    assert told in found.err


def test_an_engine_without_verdicts(capsys: Capture, results: Path) -> None:
    found = report(capsys, results, "--upgrade", "docker-28:dokker-29")
    assert found.code == 2
    assert "no verdicts of 'dokker-29' (choose from: " in found.err


def test_a_page_that_cannot_be_written(capsys: Capture, results: Path) -> None:
    found = report(capsys, results, "--format", "html=/nowhere/page.html")
    assert found.code == 3
    assert "/nowhere/page.html: cannot be written: No such file or directory" in found.err
