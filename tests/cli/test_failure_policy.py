"""Bad input and bad luck: what the user gets, and the exit code. A row a test."""

from __future__ import annotations

import bz2
import errno
import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checker.cli import main
from checker.testing import sample, write_tar
from checker.testing.tar import file

from .conftest import Checker, Done

MIB = 1 << 20


def no_traceback(text: str) -> bool:
    return "Traceback" not in text


# Unreadable, truncated or hostile archives


def test_a_file_that_is_no_tar(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "page.tar"
    path.write_text("<!DOCTYPE html><html><body>404</body></html>\n" * 20)
    done = checker("check", path, "--format", "json")
    assert done.code == 1
    assert done.rules == {"TRP005"}
    assert done.report["archives"][0]["kind"] == "not-a-tar"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_download(checker: Checker, image: Path, kept: float) -> None:
    data = image.read_bytes()
    image.write_bytes(data[: int(len(data) * kept)])
    done = checker("check", image, "--format", "json")
    assert done.code == 1
    (finding,) = [
        finding for finding in done.report["archives"][0]["findings"] if finding["rule"] == "ARC004"
    ]
    assert finding["location"]["offset"] is not None


def test_a_file_of_zero_bytes(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "nothing.tar"
    path.touch()
    done = checker("check", path, "--format", "json")
    assert done.code == 1
    assert done.rules == {"ARC002"}


def test_a_directory_that_nothing_restores(checker: Checker, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.joinpath("readme").write_text("hello")
    done = checker("check", folder)
    assert done.code == 1
    assert "directory of unknown kind" in done.out
    assert "ENG002" in done.out


def test_a_path_with_nothing_there(checker: Checker, image: Path) -> None:
    done = checker("check", "missing.tar", image)
    assert done.code == 3
    assert "missing.tar" in done.out
    assert "No such file" in done.out
    assert str(image) in done.out  # the other one was checked all the same


def test_a_file_that_must_not_be_read(
    image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nothing keeps root from reading a file, so the system's answer is given here.
    really_open = os.open

    def deny(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == str(image):
            raise PermissionError(errno.EACCES, "Permission denied")
        return really_open(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", deny)
    assert main(["check", str(image)]) == 3
    shown = capsys.readouterr().out
    assert str(image) in shown
    assert "Permission denied" in shown


def test_a_file_that_cannot_be_read_on(checker: Checker) -> None:
    done = checker("check", "/proc/self/mem")
    assert done.code == 3
    assert "/proc/self/mem" in done.out
    assert no_traceback(done.err)


# Started from a small process: until it is executed, a process has the memory of its parent.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def run_measured(folder: Path, *words: str | Path) -> tuple[Done, int]:
    """Run the command line as a process; the most memory that it has had, in bytes."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "-m", "checker", *map(str, words)]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    *lines, peak = ended.stderr.decode().splitlines()
    done = Done(ended.returncode, ended.stdout.decode(), "\n".join(lines))
    return done, int(peak) * (1 if sys.platform == "darwin" else 1024)


def test_a_bomb_of_ten_gigabytes(tmp_path: Path) -> None:
    stream = bz2.compress(bytes(64 * MIB), 9)
    path = tmp_path / "bomb.tar.bz2"
    path.write_bytes(stream * 160)
    assert path.stat().st_size < 16 * 1024
    before = os.times()
    done, peak = run_measured(tmp_path, "check", path, "--format", "json")
    assert os.times().children_user - before.children_user < 20
    assert done.code == 1
    assert "ARC010" in done.rules
    assert peak <= 150 * MIB
    assert not any(item.name.startswith("checker-") for item in tmp_path.iterdir())


def test_json_nested_a_hundred_thousand_deep(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "deep.tar"
    depth = 100_000
    path.write_bytes(write_tar([file("manifest.json", b"[" * depth + b"]" * depth)]))
    done = checker("check", path, "--format", "json")
    assert done.code == 1
    assert "ARC010" in done.rules
    assert no_traceback(done.err)


@pytest.mark.parametrize("name", ["bin/\x1b[31mred", "bin/\udcff\udcfe", "bin/\u202egnp.exe"])
def test_a_name_that_plays_tricks(checker: Checker, tmp_path: Path, name: str) -> None:
    path = tmp_path / "names.tar"
    entry = file(name, b"x")
    path.write_bytes(write_tar([entry, entry, file("bin/../../../out", b"")]))
    for form in ("text", "json", "junit"):
        done = checker("check", path, "--format", form)
        assert done.code == 1
        assert "\x1b" not in done.out
        assert "\u202e" not in done.out
        if form == "junit":
            assert done.junit.get("failures") != "0"
        assert no_traceback(done.err)


# Crashes, plugins and configuration: see test_plugins.py as well


def test_nothing_to_check_is_a_usage_error(checker: Checker) -> None:
    assert checker("check").code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--select", "bad-header-cheksum"), "did you mean 'bad-header-checksum'?"),
        (("--ignore", "ARK003"), "did you mean 'ARC003'?"),
        (("--fail-on", "eror"), "did you mean 'error'?"),
        (("--as", "push"), "--as: invalid value 'push' (choose from: load, import)"),
        (("--format", "jsn"), "did you mean 'json'?"),
        (("--limit", "entrys=5"), "did you mean 'entries'?"),
        (("--limit", "entries"), "NAME=VALUE"),
        (("--limit", "entries=0"), "above 0"),
        (("-j", "0"), "above 0"),
        (("--config", "nowhere.toml"), "cannot be read"),
        (("--format", "text", "--format", "json"), "standard output"),
    ],
)
def test_a_wrong_command_line_names_the_nearest_right_one(
    checker: Checker, image: Path, words: tuple[str, ...], hint: str
) -> None:
    done = checker("check", image, *words)
    assert done.code == 2
    assert hint in done.err
    assert no_traceback(done.err)
    assert done.out == ""


# Interruptions


def start(
    checker: Checker, *words: str | Path, stdout: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "checker", *map(str, words)],
        cwd=checker.folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_ctrl_c_ends_quietly_and_leaves_no_report(checker: Checker, tmp_path: Path) -> None:
    fifo = tmp_path / "endless"
    os.mkfifo(fifo)
    report = tmp_path / "report.xml"
    process = start(checker, "check", fifo, "--format", f"junit={report}")
    with fifo.open("wb") as pipe:
        pipe.write(sample("docker-archive")[:1024])
        pipe.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == b""
    assert err == b""
    assert [path.name for path in tmp_path.iterdir()] == ["endless"]


def test_a_broken_pipe_ends_quietly(checker: Checker, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.tar" for number in range(50)]
    for path in paths:
        path.write_bytes(b"no tar")
    reader, writer = os.pipe()
    process = start(checker, "check", *paths, "--format", "json", stdout=writer)
    os.close(writer)
    os.close(reader)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 141
    assert err == b""


def test_a_report_that_cannot_be_written(checker: Checker, image: Path) -> None:
    done = checker("check", image, "--format", f"json={image.name}/report.json")
    assert done.code == 2
    assert f"report json cannot be written to {image.name}/report.json: " in done.err
    assert no_traceback(done.err)


# Exit codes do not depend on the format, and standard input is as good as a file


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "tap", "html"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["image.tar"], 0),
        (["image.tar", "--as", "load"], 0),
        (["image.tar", "--as", "import"], 1),
        (["image.tar", "--as", "import", "--fail-on", "never"], 0),
        (["image.tar", "--as", "import", "--ignore", "ENG"], 0),
        (["image.tar", "missing.tar"], 3),
        (["missing.tar", "--fail-on", "never"], 3),
    ],
)
def test_the_exit_code_is_the_same_in_every_format(
    checker: Checker, image: Path, words: list[str], code: int, form: str
) -> None:
    assert image.name == "image.tar"
    assert checker("check", *words, "--format", form).code == code


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input(checker: Checker, image: Path, pack: type[bytes]) -> None:
    done = checker.process("check", "-", "--format", "json", stdin=pack(image.read_bytes()))
    assert done.code == 0
    archive = done.report["archives"][0]
    assert archive["path"] == "-"
    assert archive["kind"] == "docker-archive"
    assert archive["restore"] == "docker load -i FILE"


def test_several_formats_cost_one_read(checker: Checker, tmp_path: Path) -> None:
    fifo = tmp_path / "once"
    os.mkfifo(fifo)
    words = ("--format", "text", "--format", "json=report.json", "--format", "junit=report.xml")
    process = start(checker, "check", fifo, *words)
    fifo.write_bytes(sample("oci-archive"))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    assert b"OCI image archive" in out
    assert tmp_path.joinpath("report.json").stat().st_size > 0
    assert tmp_path.joinpath("report.xml").stat().st_size > 0


def test_the_command_for_the_wrong_kind_can_be_pasted(checker: Checker, image: Path) -> None:
    spaced = image.with_name("my image.tar")
    spaced.write_bytes(image.read_bytes())
    report = checker("check", spaced, "--as", "import", "--format", "json").report
    (found,) = (one for one in report["archives"][0]["findings"] if one["rule"] == "ENG001")
    assert f"docker load -i '{spaced}'" in found["fix"]
