"""The verdict in the report for people, which comes first and last."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from checker.checks.finding import Finding, Outcome, Result, Severity
from checker.model.location import Location
from checker.reports.text.report import render_text
from checker.reports.text.rules import ranges
from checker.reports.text.view import Detail
from checker.results import Plugin, Run
from checker.session import Session
from checker.testing import Image, build, sample
from checker.testing.archive import nested
from tests.sessions import new_session
from tests.signing import signers
from tests.starting.roots import program

KINDS = (
    *("docker-archive", "podman-archive", "crane-archive", "legacy", "docker-oci-archive"),
    *("oci-archive", "export"),
)
SMALL = 23
"""Lines of a terminal with 24 lines, without the one of the next prompt."""
CONVERT = "        convert it with `checker convert a.tar image.tar --to docker-archive`"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checked(data: bytes | None, **settings: object) -> Run:
    """A run over a.tar, which does not exist if there is no data."""
    if data is not None:
        Path("a.tar").write_bytes(data)
    # Some of the settings leave out plugins.
    return Session(settings).run(["a.tar"])


def ends(run: Run) -> tuple[str, str]:
    """The first and the last line."""
    rows = render_text(run).splitlines()
    return rows[0], rows[-1]


def useless() -> bytes:
    """An image whose command is missing."""
    settings = {"config": {"Entrypoint": None, "Cmd": ["/app"], "Env": None, "User": None}}
    image = Image(layers=((program("other"),),), config=settings, tags=("a:1",))
    return build("docker-archive", image).tar()


def signed_layout() -> bytes:
    """An image layout with a signature as cosign saves it, which registry tools alone take."""
    return signers.with_signatures(signers.cosign(signers.private_key("p256"))).tar()


class Case(NamedTuple):
    """An archive that is checked, and what the report begins and ends with."""

    data: bytes | None
    settings: Mapping[str, object]
    first: str
    last: str


NO_NOTES = {"ignore": ["HYG"]}
CASES = {
    "loads": Case(
        *(sample(), NO_NOTES, "ok      a.tar: no findings"),
        "ok      load it with `docker load -i a.tar`",
    ),
    "imports": Case(
        *(sample("export"), NO_NOTES, "ok      a.tar: no findings"),
        "ok      metadata is lost, see advice; import it with:",
    ),
    "depends": Case(
        *(sample("oci-archive"), NO_NOTES, "ok      a.tar: no findings"),
        "ok      not every engine loads it; load it with `podman load -i a.tar`",
    ),
    "depends, no command": Case(
        *(sample("legacy"), {"select": ["LYR"]}, "ok      a.tar: no findings"),
        "ok      not every engine loads it; convert it with:",
    ),
    "not classified": Case(
        sample(),
        {"select": ["LYR"], "no-plugin": ["checker_engines"]},
        *("ok      a.tar: no findings", "ok      no findings"),
    ),
    "unreadable": Case(
        *(None, {}, "unread  a.tar"),
        "unread  do not ship: it could not be read",
    ),
    "broken": Case(
        *(sample()[:12000], {}, "failed  a.tar: 1 error"),
        "failed  do not ship: 1 error (TRP009)",
    ),
    "waived": Case(
        sample("oci-archive"),
        {**NO_NOTES, "engine": ["docker-28:load"], "waive": [{"rule": "ENG003", "reason": "x"}]},
        "ok      a.tar: 1 waived",
        "ok      not every engine loads it; load it with `podman load -i a.tar`",
    ),
    "errors that do not fail": Case(
        *(sample()[:12000], {"fail-on": "never"}, "errors  a.tar: 1 error"),
        "errors  do not ship: 1 error (TRP009); errors do not fail this run",
    ),
    "notes that fail": Case(
        *(sample(), {"fail-on": "note", "select": ["HYG"]}, "failed  a.tar: 2 notes"),
        "failed  do not ship: 2 notes (HYG002, HYG013)",
    ),
    "nothing takes it": Case(
        *(b"text\n" * 400, {"select": ["LYR"]}, "refused a.tar: no findings"),
        "refused do not ship: no engine loads or imports it; this does not fail this run",
    ),
    "only what is required takes it": Case(
        signed_layout(),
        {"select": ["LYR"], "engine": ["oras-1"]},
        *("ok      a.tar: no findings", "ok      it does not start; use it with:"),
    ),
    "something required does not take it": Case(
        signed_layout(),
        {
            "select": ["LYR", "ENG003"],
            "engine": ["oras-1", "podman-5"],
            "waive": [{"rule": "ENG003", "reason": "x"}],
        },
        "refused a.tar: 1 waived",
        CONVERT,
    ),
    "does not start": Case(
        *(useless(), {"select": ["LYR"]}, "ok      a.tar: no findings"),
        "ok      it does not start; load it with `docker load -i a.tar`",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_verdict_is_first_and_last(case: Case) -> None:
    run = checked(case.data, **case.settings)
    first, last = ends(run)
    assert first == case.first
    if case.last.endswith(":"):
        rows = render_text(run).splitlines()
        assert rows[-2] == case.last
        assert rows[-1].strip() in (
            "docker import a.tar name:tag",
            "checker convert a.tar image.tar --to docker-archive",
            f"oras cp --from-oci-layout a.tar@{signers.DIGEST} REGISTRY/NAME:TAG",
        )
    else:
        assert last == case.last


def test_what_can_be_converted_is_told_how() -> None:
    run = checked(sample("oci-archive"), engine=["docker-28:load"])
    first, last = ends(run)
    assert first.startswith("failed  a.tar: 1 error")
    assert last == CONVERT
    assert "failed  do not ship: 1 error (ENG003)\n" in render_text(run)


def test_converting_is_not_told_where_it_does_not_help() -> None:
    run = checked(sample("oci-archive"), select=["HYG002"], severity={"HYG002": "error"})
    _, last = ends(run)
    assert last == "failed  do not ship: 1 error (HYG002)"


def test_converting_is_told_for_every_path() -> None:
    Path("a`b.tar").write_bytes(sample("oci-archive"))
    run = new_session({"engine": ["docker-28:load"], "ignore": ["HYG"]}).run(["a`b.tar"])
    convert = r"checker convert $'a\140b.tar' image.tar --to docker-archive"
    assert ends(run)[1] == f"{' ' * 8}{convert}"


def test_what_does_not_fail_the_run_is_told() -> None:
    """Of archives with errors, and of those that nothing takes."""
    Path("a.tar").write_bytes(b"text\n" * 400)
    Path("b.tar").write_bytes(sample())
    settings: dict[str, Any] = {"select": ["HYG"], "severity": {"HYG002": "error"}}
    run = new_session({**settings, "fail-on": "never"}).run(["a.tar", "b.tar"])
    assert run.exit_code == 0
    words = "errors  do not ship 2 of 2 archives: 1 error, 1 that no engine loads or imports;"
    assert f"{words}\n{' ' * 8}errors do not fail this run\n" in render_text(run)
    failing = new_session(settings).run(["a.tar", "b.tar"])
    assert failing.exit_code == 1
    assert "\nfailed  do not ship 2 of 2 archives: 1 error" in render_text(failing)
    assert "not fail" not in render_text(failing)


def test_converting_is_not_read_from_advice() -> None:
    """The advice of a plugin is a text; what converts the archive is a field."""
    run = checked(sample("oci-archive"), engine=["docker-28:load"])
    (archive,) = run.archives
    found = archive.classification
    assert found is not None
    told = found._replace(advice=("Run `checker convert a.tar b.tar`.",), conversion=None)
    run = run._replace(archives=(archive._replace(classification=told),))
    assert ends(run)[1] == "failed  do not ship: 1 error (ENG003)"


def test_a_crash_makes_the_check_incomplete() -> None:
    run = checked(sample(), **NO_NOTES)
    (archive,) = run.archives
    crash = Result("RFS003", "x", "checker_rootfs", Outcome.ERROR, 0.0, "IndexError")
    run = run._replace(archives=(archive._replace(results=(crash,), crashes=("KeyError",)),))
    assert ends(run) == (
        "partial a.tar: 2 crashes",
        "partial do not ship: 2 crashes; the check is incomplete",
    )


def test_a_problem_with_a_plugin_makes_the_check_incomplete() -> None:
    run = checked(sample(), **NO_NOTES)
    problem = Plugin("acme", "1", "acme-rules").problem("cannot be loaded")
    first, last = ends(run._replace(problems=(problem,)))
    assert first == "partial a.tar: no findings"
    assert last == "partial do not ship: 1 plugin problem; the check is incomplete"


def test_a_finding_about_waivers_fails_the_run() -> None:
    run = checked(sample(), **NO_NOTES)
    finding = Finding("WVR001", "expired", Severity.ERROR, "it expired", Location("checker.toml"))
    first, last = ends(run._replace(waiver_findings=(finding,)))
    assert first == "failed  a.tar: 1 error"
    assert last == "failed  do not ship: 1 error (WVR001)"


def test_warnings_are_told_before_what_to_do() -> None:
    run = checked(sample(), select=["HYG002"], severity={"HYG002": "warning"})
    assert ends(run) == (
        "ok      a.tar: 1 warning",
        "ok      1 warning; load it with `docker load -i a.tar`",
    )


def test_what_a_settings_file_changes_is_told_before_the_last_line() -> None:
    Path("a.tar").write_bytes(sample())
    Path("checker.toml").write_text('ignore = ["HYG"]\n')
    rows = render_text(new_session("checker.toml").run(["a.tar"])).splitlines()
    assert rows[-2].startswith("settings from checker.toml: ")
    assert rows[-1] == "ok      load it with `docker load -i a.tar`"


def test_a_command_that_is_too_long_is_alone_on_the_last_line() -> None:
    name = f"{'a' * 70}.tar"
    Path(name).write_bytes(sample())
    rows = render_text(new_session(NO_NOTES).run([name])).splitlines()
    assert rows[-2:] == ["ok      load it with:", f"        docker load -i {name}"]


def test_a_command_of_a_plugin_with_a_backtick_is_alone_on_the_last_line() -> None:
    run = checked(sample(), **NO_NOTES)
    (archive,) = run.archives
    assert archive.classification is not None
    found = archive.classification._replace(restore="docker load -i 'a`b.tar'")
    run = run._replace(archives=(archive._replace(classification=found),))
    rows = render_text(run).splitlines()
    assert rows[-2:] == ["ok      load it with:", "        docker load -i 'a`b.tar'"]


CONVERT_AND_LOAD = (
    "checker convert a.tar image.tar --to docker-archive && "
    "checker check --engine docker-28 image.tar && docker load -i image.tar"
)
CLASSIFIED = {
    "loads": (sample(), "loads   load it with `docker load -i a.tar`"),
    "depends": (
        sample("oci-archive"),
        "depends not every engine loads it; load it with `podman load -i a.tar`",
    ),
    "depends ": (
        sample("legacy"),
        "        checker convert a.tar image.tar --to docker-archive",
    ),
    "imports": (sample("export"), "        docker import a.tar name:tag"),
    "convert": (
        nested(build("docker-archive")).tar(),
        f"        {CONVERT_AND_LOAD}",
    ),
    "refused": (b"text\n" * 400, "refused no engine loads or imports it"),
    "unread": (None, "unread  it could not be read"),
}


@pytest.mark.parametrize(("word", "data", "last"), [(k, *v) for k, v in CLASSIFIED.items()])
def test_the_verdict_of_classify(word: str, data: bytes | None, last: str) -> None:
    if data is not None:
        Path("a.tar").write_bytes(data)
    rows = render_text(new_session().classify_all(["a.tar"])).splitlines()
    assert rows[0] == f"{word:8}a.tar"
    assert rows[-1] == last


@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_archive_fits_a_terminal(kind: str) -> None:
    rows = render_text(checked(sample(kind))).splitlines()
    assert len(rows) <= SMALL
    assert all(len(row) <= 80 or "docker import --change" in row for row in rows)


def test_all_engines_and_rules_are_shown_if_wanted() -> None:
    run = checked(sample(), **NO_NOTES)
    short, whole = render_text(run), render_text(run, Detail.VERBOSE)
    for verdict in run.archives[0].verdicts:
        assert verdict.reason in " ".join(whole.split())
    ids = [one.rule for one in run.archives[0].results if one.outcome is Outcome.PASSED]
    assert f"rules   {len(ids)} passed:\n        {next(ranges(ids))}," in whole
    for word in ("engines", "keeps", "rules", "assumptions"):
        assert f"\n{word}" in whole
        assert f"\n{word}" not in short


RANGES = {
    "none": ([], []),
    "in a row": (["ARC001", "ARC002", "ARC003"], ["ARC001-ARC003"]),
    "two": (["ARC001", "ARC002"], ["ARC001", "ARC002"]),
    "gap": (["A1", "A2", "A3", "A5", "A6", "A7", "A9"], ["A1-A3", "A5-A7", "A9"]),
    "families": (["A1", "A2", "A3", "B4", "B5", "B6"], ["A1-A3", "B4-B6"]),
    "widths": (["A8", "A9", "A10", "A11"], ["A8", "A9", "A10", "A11"]),
    "descending": (["A3", "A2", "A1"], ["A3", "A2", "A1"]),
    "other names": (["x", "y", "z", "A1"], ["x", "y", "z", "A1"]),
}


@pytest.mark.parametrize(("ids", "parts"), RANGES.values(), ids=RANGES)
def test_ids_in_a_row_are_ranges(ids: list[str], parts: list[str]) -> None:
    assert list(ranges(ids)) == parts


def test_classify_groups_engines_by_answer() -> None:
    Path("a.tar").write_bytes(sample())
    run = new_session().classify_all(["a.tar"])
    text = render_text(run)
    # Of the engines, and of other tools that read archives.
    assert text.count(" accepts  ") == text.count(" rejects  ") == 2
    assert text.count("loads but broken") == 2
    assert "the image is loaded" not in text
    assert "the image is loaded" in render_text(run, Detail.VERBOSE)
    (archive,) = run.archives
    for verdict in archive.verdicts:
        assert f"{verdict.engine} {verdict.action}" in text


def test_classify_shows_a_tool_once_by_the_action_that_fits_the_archive() -> None:
    """A reader of image layouts and of docker-archives is not one that refuses both."""
    Path("a.tar").write_bytes(sample())
    run = new_session().classify_all(["a.tar"])
    (archive,) = run.archives
    rows = render_text(run).partition("\nreaders ")[2].partition("\nimage ")[0]
    shown = re.findall(r"[a-z0-9-]+-\d+", rows)
    assert sorted(shown) == sorted({verdict.engine for verdict in archive.reader_verdicts})
    assert "buildah-1" in rows.partition("rejects")[0]
    verbose = render_text(run, Detail.VERBOSE)
    for verdict in archive.reader_verdicts:
        assert f"{verdict.engine} {verdict.action}" in verbose


# --- several archives


@pytest.fixture
def several() -> Run:
    Path("a.tar").write_bytes(sample())
    Path("b.tar").write_bytes(sample()[:12000])
    Path("c.tar").write_bytes(sample("oci-archive"))
    return new_session(NO_NOTES).run(["a.tar", "b.tar", "c.tar", "d.tar"])


def test_a_table_with_named_columns_comes_first(several: Run) -> None:
    rows = render_text(several).splitlines()
    assert rows[:6] == [
        "result  errors  warnings  notes  load     import   archive",
        "ok           -         -      -  yes      no       a.tar",
        "failed       1         -      -  no       no       b.tar",
        "ok           -         -      -  depends  no       c.tar",
        "unread       -         -      -  -        -        d.tar",
        "",
    ]


def test_details_of_what_is_not_good_come_after_the_table(several: Run) -> None:
    text = render_text(several)
    assert "\nfailed  b.tar: 1 error\n" in text
    assert "\nunread  d.tar\n" in text
    assert text.count("a.tar") == text.count("c.tar") == 1
    whole = render_text(several, Detail.VERBOSE)
    assert "\nok      a.tar: no findings\n" in whole


def test_the_last_line_is_about_all(several: Run) -> None:
    rows = render_text(several).splitlines()
    assert rows[-2] == "total   4 archives: 1 error"
    assert rows[-1] == "failed  do not ship 2 of 4 archives: 1 error, 1 not read"
    good = several._replace(archives=several.archives[::2])
    rows = render_text(good).splitlines()
    assert rows[-2:] == [
        "total   2 archives: no findings",
        "ok      all 2 archives pass; -v shows the command for each",
    ]


def test_the_table_of_classify_shows_the_kinds() -> None:
    Path("a.tar").write_bytes(sample())
    Path("b.tar").write_bytes(sample("export"))
    rows = render_text(new_session().classify_all(["a.tar", "b.tar", "c.tar"])).splitlines()
    assert rows[:5] == [
        "result  kind                            archive",
        "loads   Docker image archive            a.tar",
        "imports flat root filesystem            b.tar",
        "unread  -                               c.tar",
        "",
    ]
    assert rows[-2:] == ["total   3 archives", "unread  1 not read"]
    rows = render_text(new_session().classify_all(["a.tar", "b.tar"])).splitlines()
    assert rows[-1] == "ok      all 2 archives can be loaded or imported"


# --- quiet


def test_quiet_has_a_line_for_each_that_is_not_good(several: Run) -> None:
    assert render_text(several, Detail.QUIET).splitlines() == [
        "failed  b.tar: 1 error (TRP009)",
        "unread  d.tar: cannot be read: No such file or directory",
    ]


def test_quiet_says_nothing_if_all_is_good() -> None:
    assert render_text(checked(sample()), Detail.QUIET) == ""


def test_quiet_tells_what_concerns_no_archive() -> None:
    run = checked(sample(), **NO_NOTES)
    problem = Plugin("acme", "1", "acme-rules").problem("cannot be loaded")
    finding = Finding("WVR001", "expired", Severity.ERROR, "it expired", Location("checker.toml"))
    run = run._replace(problems=(problem,), waiver_findings=(finding,))
    assert render_text(run, Detail.QUIET).splitlines() == [
        "plugin  acme (acme-rules 1): cannot be loaded",
        "failed  WVR001 expired: it expired",
    ]
