"""Several archives at once: the same reports, and workers that die cost their archive alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.cli.process import NOT_WHOLE
from checker.session import Session
from tests.case_files import all_cases
from tests.effort import examples

from .conftest import THREADED, Start, is_running, put

_TIMES = re.compile(
    rb'"seconds": [-+.\de]+|"started": "[^"]*"|time(?:stamp)?="[^"]*"|[\d.]+ m?s\b'
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "checker", *words],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=300,
    )


def archives_of_cases(folder: Path, count: int) -> Iterator[str]:
    """So many of the archives of the cases of rules, of all bundles."""
    cases = all_cases()
    for number, case in enumerate(cases[:: max(1, len(cases) // count)]):
        place = folder / f"{number:04}"
        place.mkdir()
        yield str(case.build().write(place).relative_to(folder))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("corpus")
    names = list(archives_of_cases(folder, examples(240, share=10)))
    # One that is not there, one twice, and names that are shown in other characters.
    odd = "odd \udcff\x1b[2J\n.tar"
    folder.joinpath(odd).write_bytes(folder.joinpath(names[1]).read_bytes())
    names = [*names, "nothing.tar", names[0], odd]
    folder.joinpath("list").write_bytes(b"\0".join(map(os.fsencode, names)))
    return folder, names


FORMATS = ("text", "json", "html", "junit", "sarif", "markdown", "tap", "gitlab", "github")


@pytest.mark.parametrize("command", ["check", "classify"])
def test_the_reports_are_those_of_one_job(
    corpus: tuple[Path, list[str]], command: str, tmp_path: Path
) -> None:
    folder, names = corpus
    orders = [f"--format={name}={tmp_path}/{{}}.{name}" for name in FORMATS]
    done = {
        jobs: run(
            folder,
            *(command, "--files-from", "list", "-0", "-j", jobs),
            *(order.format(jobs) for order in orders if command == "check"),
            *(["--format", "text"] if command == "check" else []),
        )
        for jobs in ("1", "3")
    }
    assert done["1"].returncode == done["3"].returncode == NOT_WHOLE
    assert done["1"].stdout == done["3"].stdout
    assert done["1"].stderr == done["3"].stderr == b""
    assert done["1"].stdout.count(b"\n") > len(names)
    for name in FORMATS if command == "check" else ():
        one, three = (tmp_path.joinpath(f"{jobs}.{name}").read_bytes() for jobs in "13")
        assert _TIMES.sub(b"", one) == _TIMES.sub(b"", three), name


def test_a_report_that_needs_all_facts(folder: Path) -> None:
    """A plugin's report gets the entries of each archive, which come from the workers."""
    module = folder / "plugins" / "misbehaving.py"
    module.write_text(
        module.read_text()
        + """
from checker import Report

def render(run):
    return "".join(
        f"{archive.path} {len(blob.tar.entries)} {blob.tar.entries.get('etc')!r}\\n"
        for checked in run.archives for archive in [checked.archive]
        for blob in archive.members.blobs.values() if blob.tar
    )

@hookimpl
def checker_reports():
    yield Report("entries", render)
"""
    )
    names = put(folder, "a.tar", "b.tar", "c.tar")
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "checker", "check", *names, "-j", jobs, "--format", "entries"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "plugins")},
            capture_output=True,
            check=True,
        ).stdout
        for jobs in "13"
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"Entry(") >= len(names)


def report_of(start: Start, *words: str) -> tuple[int, list[dict[str, Any]]]:
    process = start("check", *words, "--format", "json", "--select", "MIS,ARC")
    out, err = process.communicate(timeout=120)
    assert err == b""
    return process.returncode, json.loads(out)["archives"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("killed.tar", "killed (SIGKILL)"),
        ("segfault.tar", "ended by a signal (SIGSEGV)"),
        ("left.tar", "exit code 7"),
        ("memory.tar", "not enough memory"),
    ],
)
def test_a_worker_that_dies_costs_its_archive_alone(
    folder: Path, start: Start, name: str, words: str
) -> None:
    names = put(folder, "a.tar", name, "b.tar", "c.tar", f"{name[:-4]}-2.tar", "d.tar")
    code, archives = report_of(start, *names, "-j", "2")
    assert code == NOT_WHOLE
    assert [archive["path"] for archive in archives] == names
    for archive in archives:
        if archive["path"].startswith(name[:-4]):
            assert words in archive["error"]
        else:
            assert archive["error"] is None
            assert [each["rule"] for each in archive["findings"]] == ["MIS001"]


def test_what_a_plugin_prints_is_not_lost(folder: Path, start: Start) -> None:
    names = put(folder, "printing.tar", "a.tar", "printing-2.tar")
    out, _ = start("check", *names, "-j", "2").communicate(timeout=120)
    assert out.count(b"printed by a plugin") == 2


def test_a_process_with_threads_is_not_copied(folder: Path, start: Start) -> None:
    """A lock that a thread of a plugin holds would never be released in a copy."""
    module = folder / "plugins" / "misbehaving.py"
    names = put(folder, "a.tar", "b.tar", "c.tar")
    _, expected = report_of(start, *names, "-j", "2")
    module.write_text(THREADED)
    code, archives = report_of(start, *names, "-j", "2")
    assert code == 0
    assert [each["path"] for each in archives] == [each["path"] for each in expected]
    put(folder, "slow.tar")
    process = start("check", "a.tar", "slow.tar", "-j", "2")
    assert wait_for_workers(folder, 1) == [process.pid]
    process.terminate()
    process.communicate(timeout=30)


def wait_for_workers(folder: Path, count: int) -> list[int]:
    path, end = folder / "running", time.monotonic() + 60
    while time.monotonic() < end:
        if path.exists() and len(found := path.read_text().split()) >= count:
            return [int(each) for each in found]
        time.sleep(0.02)
    raise AssertionError("the workers did not start")


def wait_until_ended(processes: list[int]) -> None:
    end = time.monotonic() + 30
    while any(map(is_running, processes)):
        assert time.monotonic() < end, "a worker is left"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_a_signal_ends_everything(
    folder: Path, start: Start, number: signal.Signals, send: Callable[[int, int], None]
) -> None:
    names = put(folder, "a.tar", "slow.tar", "slow-2.tar", "b.tar")
    process = start("check", *names, "-j", "2", "--format", "junit=report.xml", session=True)
    workers = wait_for_workers(folder, 2)
    assert process.pid not in workers
    # A terminal sends the signal to the workers as well.
    send(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (128 + number, b"", b"")
    assert not any(map(is_running, workers))
    assert not folder.joinpath("report.xml").exists()


def test_no_worker_outlives_a_killed_run(folder: Path, start: Start) -> None:
    names = put(folder, "slow.tar", "slow-2.tar")
    process = start("check", *names, "-j", "2")
    workers = wait_for_workers(folder, 2)
    process.kill()
    process.communicate(timeout=30)
    wait_until_ended(workers)


def test_a_killed_worker_of_many(folder: Path, start: Start) -> None:
    """As the system does if memory is exhausted: from outside, in the middle of an archive."""
    names = put(folder, "a.tar", "slow.tar", "b.tar", "c.tar")
    process = start("check", *names, "-j", "2", "-q")
    (worker,) = wait_for_workers(folder, 1)
    os.kill(worker, signal.SIGKILL)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == NOT_WHOLE
    assert b"slow.tar" in out
    assert b"SIGKILL" in out


def test_a_closed_output_ends_all(folder: Path, start: Start) -> None:
    names = put(folder, "a.tar", "b.tar", "slow.tar", "slow-2.tar")
    process = start("check", *names, "-j", "3")
    workers = wait_for_workers(folder, 2)
    assert process.stdout is not None
    process.stdout.close()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    assert process.wait(60) == 128 + signal.SIGPIPE
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_one_archive_has_no_workers(folder: Path, start: Start) -> None:
    process = start("check", *put(folder, "slow.tar"), "-j", "8")
    assert wait_for_workers(folder, 1) == [process.pid]
    process.terminate()
    process.communicate(timeout=30)


def test_threads_are_shared_by_workers() -> None:
    session = Session({"jobs": 6})
    assert session.sharing(2, None)._reading.jobs == 2
    assert session.sharing(16, None)._reading.jobs == 6
    with_section = Session({"jobs": 6, "archive": [{"path": "a*", "jobs": 4}]})
    assert with_section.for_archive("a.tar")._reading.jobs == 4
    assert with_section.sharing(3, None).for_archive("a.tar")._reading.jobs == 3
