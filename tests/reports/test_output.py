"""Reports go where they were sent, whole or not at all."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from checker.reports.output import (
    Output,
    OutputError,
    builtin_reports,
    plan_outputs,
    write_file,
    write_outputs,
)
from checker.reports.report import Report
from checker.reports.text.report import render_text
from checker.results import Run

REPORTS = builtin_reports()


def names(outputs: tuple[Output, ...]) -> list[tuple[str, str | None]]:
    return [(output.report.name, output.file) for output in outputs]


PLANS: Mapping[str, tuple[list[str], list[tuple[str, str | None]]]] = {
    "nothing said": ([], [("text", None)]),
    "one": (["json"], [("json", None)]),
    "a file": (["junit=a.xml"], [("junit", "a.xml")]),
    "standard output by name": (["json=-"], [("json", None)]),
    "several": (["text", "json=a=b.json"], [("text", None), ("json", "a=b.json")]),
    "one format twice": (["json", "json=a"], [("json", None), ("json", "a")]),
}


@pytest.mark.parametrize(("orders", "planned"), PLANS.values(), ids=PLANS)
def test_orders(orders: list[str], planned: list[tuple[str, str | None]]) -> None:
    assert names(plan_outputs(orders, REPORTS)) == planned


REFUSED = {
    "unknown": (["jsn"], "\\(choose from: text, json, junit, .*\\); did you mean 'json'\\?"),
    "like nothing": (["spdx2000"], "unknown format 'spdx2000' \\(choose from"),
    "no file": (["json="], "the file name after = is missing"),
    "two to standard output": (
        ["text", "json"],
        "text and json are both written to standard output",
    ),
    "two to one file": (["json=a", "junit=./a"], "json and junit are both written to ./a"),
}


@pytest.mark.parametrize(("orders", "message"), REFUSED.values(), ids=REFUSED)
def test_orders_that_cannot_be_carried_out(orders: list[str], message: str) -> None:
    with pytest.raises(OutputError, match=message):
        plan_outputs(orders, REPORTS)


def test_several_reports_of_one_run(samples: Mapping[str, Run], tmp_path: Path) -> None:
    run = samples["hostile"]
    xml, js = tmp_path / "a.xml", tmp_path / "a.json"
    stdout = io.StringIO()
    outputs = plan_outputs(["text", f"junit={xml}", f"json={js}"], REPORTS)
    assert write_outputs(outputs, run, stdout) == ()
    assert stdout.getvalue() == render_text(run)
    assert json.loads(js.read_bytes())["version"] == 1
    assert xml.read_bytes().startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    assert sorted(os.listdir(tmp_path)) == ["a.json", "a.xml"]


@pytest.mark.parametrize("name", ["json", "junit"])
def test_programs_get_utf_8_whatever_the_locale_says(samples: Mapping[str, Run], name: str) -> None:
    raw = io.BytesIO()
    stdout = io.TextIOWrapper(raw, encoding="ascii")
    run = samples["hostile"]
    outputs = plan_outputs([name], REPORTS)
    assert write_outputs(outputs, run, stdout) == ()
    assert raw.getvalue().decode() == outputs[0].report.render(run)


def test_files_come_before_standard_output(samples: Mapping[str, Run], tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, f"no reader for {len(text)} characters")

    outputs = plan_outputs(["json", f"junit={tmp_path / 'a.xml'}"], REPORTS)
    with pytest.raises(BrokenPipeError):
        write_outputs(outputs, samples["clean"], Closed())
    assert (tmp_path / "a.xml").exists()


def test_a_file_that_cannot_be_written_is_told(samples: Mapping[str, Run], tmp_path: Path) -> None:
    outputs = plan_outputs([f"json={tmp_path / 'no' / 'a.json'}", "text"], REPORTS)
    stdout = io.StringIO()
    [problem] = write_outputs(outputs, samples["clean"], stdout)
    assert problem.startswith("report json cannot be written to")
    assert problem.endswith("a.json: No such file or directory")
    assert stdout.getvalue()


def fail(run: Run) -> str:
    raise LookupError(f"no\x1b {len(run.archives)}")


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (Report("mine", fail), r"report mine: LookupError: 'no\\x1b 1'"),
        (Report("mine", lambda _run: "\udcff"), "report mine: UnicodeEncodeError: "),
    ],
)
def test_a_report_that_raises_hurts_no_other(
    samples: Mapping[str, Run], tmp_path: Path, report: Report, problem: str
) -> None:
    reports = (*REPORTS, report)
    target = tmp_path / "a"
    stdout = io.StringIO()
    outputs = plan_outputs([f"mine={target}", "json"], reports)
    [told] = write_outputs(outputs, samples["clean"], stdout)
    assert told.startswith(problem) or told == r"report mine: LookupError: no\x1b 1"
    assert os.listdir(tmp_path) == []
    assert stdout.getvalue().startswith("{")


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old and longer")
    target.chmod(0o640)
    write_file(str(target), b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_file(str(tmp_path / "a"), b"new")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    write_file(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_broken_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def refuse(source: str, destination: str) -> None:
        assert source != destination
        raise error

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(type(error)):
        write_file(str(target), b"new")
    assert os.listdir(tmp_path) == ["a"]
    assert target.read_bytes() == b"old"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        write_file(str(tmp_path), b"new")
    assert os.listdir(tmp_path) == []


def test_a_device_is_written_to_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Open without waiting for a writer, so that a wrong write fails here instead of blocking.
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(str(pipe), b"report")
    read = os.read(reader, 100)
    os.close(reader)
    assert read == b"report"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


LOADED = """
import sys
from checker.reports.output import builtin_reports, plan_outputs, write_outputs
from checker.results import Run
outputs = plan_outputs(sys.argv[1:], builtin_reports())
assert write_outputs(outputs, Run(command="check", version="1"), sys.stdout) == ()
known = ("checker.reports.json_report", "junit_xml", "lxml", "rich", "xml.etree.ElementTree")
print(*[name for name in known if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        ("text", ""),
        ("json", "checker.reports.json_report"),
        ("junit", "junit_xml xml.etree.ElementTree"),
    ],
)
def test_a_format_loads_what_it_needs_alone(name: str, modules: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, name],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == modules
