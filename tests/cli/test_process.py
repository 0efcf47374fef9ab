"""The command as a process: standard streams, signals, limits, what reports must not replace."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import checker_archive
from checker.cli import process
from checker.cli.targets import check_targets
from checker.reports.output import Output, OutputError, builtin_reports
from checker.testing import build, sample
from tests.effort import part
from tests.unmeasured import unmeasured

from .conftest import Checker, Done

COMMAND = f"{shlex.quote(sys.executable)} -m checker"


def shell(folder: Path, line: str, stdin: bytes = b"") -> Done:
    """Run a line of a shell; ``checker`` in it is the command."""
    done = subprocess.run(
        ["bash", "-c", line.replace("checker", COMMAND, 1)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def assert_one_line(done: Done, *parts: str) -> None:
    assert done.err.startswith("checker: ")
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    for words in parts:
        assert words in done.err


# Standard streams

OUTPUTS = ["check image.tar", "check image.tar --format json", "classify image.tar", "rules"]
OUTPUTS += ["explain ARC001", "explain ARC", "plugins", "--help", "check --help", "--version"]
OUTPUTS += ["check image.tar image.tar", "classify image.tar --format json", "config", "init"]
OUTPUTS += ["show image.tar", "show image.tar --json", "compare image.tar image.tar"]
OUTPUTS += ["compare image.tar image.tar --json", "import-plan fs.tar", "import-plan fs.tar --json"]
OUTPUTS += ["convert image.tar - --to oci-archive", "convert image.tar out.tar --to oci-archive"]
OUTPUTS += ["baseline write known.json image.tar", "rules --format markdown", "config --json"]
OUTPUTS += [
    f"check image.tar --format {report.name}"
    for report in builtin_reports()
    if report.name not in {"text", "json"}
]


@pytest.mark.parametrize("words", part(OUTPUTS, share=2))
@pytest.mark.usefixtures("rootfs")
def test_a_full_output(image: Path, words: str) -> None:
    done = shell(image.parent, f"checker {words} > /dev/full")
    assert done.code == 3
    assert_one_line(done, "standard output", "No space left on device")


@pytest.mark.parametrize("words", part(OUTPUTS, turn=1, share=2))
@pytest.mark.usefixtures("rootfs")
def test_a_closed_output(image: Path, words: str) -> None:
    done = shell(image.parent, f"checker {words} >&-")
    assert done.code == 3
    assert_one_line(done, "standard output", "it is closed")


def test_a_closed_output_that_is_not_needed(image: Path) -> None:
    done = shell(image.parent, "checker check image.tar --format json=a.json >&-")
    assert (done.code, done.err) == (0, "")
    assert image.with_name("a.json").stat().st_size


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("words", "code"),
    [("check image.tar", 0), ("check image.tar --format x", 2), ("chek", 2), ("check nope.tar", 3)],
)
def test_errors_that_cannot_be_told(image: Path, words: str, code: int, stream: str) -> None:
    told = shell(image.parent, f"checker {words}")
    done = shell(image.parent, f"checker {words} {stream}")
    assert done == Done(code, told.out, "")


@pytest.mark.parametrize("words", ["check image.tar", "rules", "check image.tar --format junit"])
def test_all_streams_closed(image: Path, words: str) -> None:
    assert shell(image.parent, f"checker {words} <&- >&- 2>&-").code == 3


def test_a_closed_input(image: Path) -> None:
    done = shell(image.parent, "checker check image.tar - <&-")
    assert (done.code, done.err) == (3, "")
    assert "Bad file descriptor" in done.out


def test_the_number_of_a_closed_stream_is_not_given_to_a_file(image: Path) -> None:
    before = image.read_bytes()
    for closed in ("<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-"):
        shell(image.parent, f"checker check image.tar nope.tar --format x=1 {closed}")
        shell(image.parent, f"checker check image.tar nope.tar {closed}")
        assert image.read_bytes() == before


FILES = [f"check image.tar --format {report.name}=new" for report in builtin_reports()]
FILES += ["convert image.tar new --to oci-archive", "convert image.tar new --to oci-layout"]
FILES += ["convert fs.tar new --to docker-archive", "baseline write new image.tar"]
FILES += ["init --output new"]


@pytest.mark.usefixtures("rootfs")
@pytest.mark.parametrize("words", part(FILES, share=2))
def test_a_full_disk(image: Path, words: str) -> None:
    """Here no file may have content, which is told in other words, but at the same place."""
    before = sorted(image.parent.iterdir())
    done = shell(image.parent, f"ulimit -f 0; checker {words}")
    assert (done.code, done.out) in {(2, ""), (3, "")}
    assert_one_line(done, "File too large")
    assert sorted(image.parent.iterdir()) == before


@pytest.mark.usefixtures("rootfs")
@pytest.mark.parametrize("words", FILES)
@pytest.mark.parametrize("target", ["image.tar/new", "/proc/new", "."])
def test_a_file_that_cannot_be_written(
    checker: Checker, image: Path, words: str, target: str
) -> None:
    before = sorted(image.parent.iterdir())
    done = checker(*words.replace("new", target).split())
    assert (done.code, done.out) in {(2, ""), (3, "")}
    assert_one_line(done, target.partition("/new")[0])
    assert sorted(image.parent.iterdir()) == before


USAGE = {
    "": "the following arguments are required: COMMAND; see 'checker --help'",
    "chek": "did you mean 'check'?",
    "show": "the following arguments are required: ARCHIVE; see 'checker show --help'",
    "show image.tar --format nope": "--format: invalid choice: 'nope'",
    "check image.tar --format nope": "unknown format 'nope'",
    "check image.tar --jobs x": "-j/--jobs: invalid int value: 'x'",
    "check image.tar --\x1b[2J": "unrecognized arguments: --\\x1b[2J",
    "baseline": "the following arguments are required: ACTION; see 'checker baseline --help'",
}


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("words", USAGE)
def test_a_wrong_command_line_is_told_in_one_line(checker: Checker, words: str) -> None:
    done = checker(*words.split())
    assert (done.code, done.out) == (2, "")
    assert_one_line(done, USAGE[words])


def test_an_output_without_a_reader(image: Path) -> None:
    done = shell(image.parent, "checker rules | true; exit ${PIPESTATUS[0]}")
    assert (done.code, done.err) in {(141, ""), (0, "")}
    done = shell(image.parent, "checker check image.tar 2>&1 >&- | true; exit ${PIPESTATUS[0]}")
    assert done.code == 3


# Signals


def ended(folder: Path, number: signal.Signals, delay: float) -> Done:
    """A run that waits for the rest of its input, and gets a signal after some time."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "checker", "check", "-", "--format", "json=a"],
        cwd=folder,
        stdin=reader,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # communicate() would not see what readline() has read ahead
        env=unmeasured(),
    )
    os.close(reader)
    # Among the first modules that are imported once signals are handled.
    seen = b""
    assert process.stderr is not None
    while b" argparse\n" not in seen:
        line = process.stderr.readline()
        assert line, seen
        seen += line
    time.sleep(delay)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    os.close(writer)
    said = [line for line in err.splitlines() if not line.startswith(b"import time:")]
    return Done(process.returncode, out.decode(), b"\n".join(said).decode())


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DELAYS = (0.002, 0.01, 0.03, 0.06, 0.1, 0.2, 0.5)


@pytest.mark.parametrize(
    ("number", "delay"),
    [
        (number, delay)
        for turn, delay in enumerate(DELAYS)
        for number in part(ENDING, turn, share=len(ENDING))
    ],
)
def test_signals_at_any_time(tmp_path: Path, number: signal.Signals, delay: float) -> None:
    assert ended(tmp_path, number, delay) == Done(128 + number, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["checker.cli", "checker.cli.process"])
def test_an_interrupt_while_the_command_is_imported(tmp_path: Path, name: str) -> None:
    """From its first instruction on, there is no traceback."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {name!r}:\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    done = Checker(tmp_path).process("check", "-", paths=[tmp_path])
    assert done == Done(130, "", "")


def test_an_interrupt_that_python_ignores(tmp_path: Path) -> None:
    """It does so with all that is raised when an object ends, as locks of imports do."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Ending:\n"
        "    def __del__(self):\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'checker.session':\n"
        "            Ending()\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    done = Checker(tmp_path).process("check", "-", paths=[tmp_path])
    assert done == Done(128 + signal.SIGTERM, "", "")


def test_a_signal_that_is_ignored_stays_ignored(image: Path) -> None:
    line = "trap '' INT TERM; (sleep 0.1; kill -INT $BASHPID; kill -TERM 0) & checker check -"
    image.with_name("run").write_text(line.replace("checker", COMMAND))
    with image.open("rb") as stream:
        done = subprocess.run(
            ["bash", "run"],
            cwd=image.parent,
            stdin=stream,
            capture_output=True,
            check=False,
            timeout=60,
            start_new_session=True,
        )
    assert done.returncode == 0
    assert b"docker load" in done.stdout


# Limits of the process

# What measures coverage needs memory and files of its own.
NOT_MEASURED = "unset COVERAGE_PROCESS_CONFIG COVERAGE_PROCESS_START"


@pytest.mark.parametrize("kilobytes", [25_000, 40_000, 60_000, 90_000])
def test_little_memory(image: Path, kilobytes: int) -> None:
    done = shell(image.parent, f"{NOT_MEASURED}; ulimit -v {kilobytes}; checker check image.tar")
    assert done.code in {0, 3}
    assert "Traceback" not in done.err
    if "not enough memory" in done.err:
        assert_one_line(done)
        assert done.code == 3


@pytest.mark.parametrize("files", [5, 6, 7, 9, 12])
def test_few_open_files(image: Path, files: int) -> None:
    limit = f"{NOT_MEASURED}; ulimit -n {files}"
    done = shell(image.parent, f"{limit}; checker check image.tar image.tar")
    assert done.code in {0, 3}
    assert "Traceback" not in done.err + done.out


# Reports that would replace what is read


@pytest.fixture
def names(image: Path) -> Path:
    """A folder with an archive that has several names."""
    folder = image.parent
    folder.joinpath("link.tar").symlink_to("image.tar")
    folder.joinpath("hard.tar").hardlink_to(image)
    folder.joinpath("loop").symlink_to(".")
    folder.joinpath("reports").mkdir()
    folder.joinpath("checker.toml").write_text("jobs = 1\n")
    folder.joinpath("other.toml").write_text("jobs = 1\n")
    build("oci-layout").write_directory(folder / "layout")
    build("rootfs").write_directory(folder / "root")
    folder.joinpath("root", "etc", "link").symlink_to("passwd")
    return folder


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("image.tar --format json=image.tar", "an archive to check"),
        ("image.tar --format json=./loop/image.tar", "an archive to check"),
        ("image.tar --format json=link.tar", "an archive to check"),
        ("link.tar --format json=image.tar", "an archive to check"),
        ("image.tar --format junit=hard.tar", "an archive to check"),
        ("layout image.tar --format text --format json=hard.tar", "an archive to check"),
        ("image.tar --format json=reports", "a directory"),
        ("image.tar --format json=checker.toml", "the configuration file"),
        ("image.tar --config other.toml --format json=other.toml", "the configuration file"),
        ("layout --format json=layout/index.json", "a part of layout"),
        ("layout --format json=loop/layout/blobs/new", "a part of layout"),
        ("root --format json=root/etc/passwd", "a part of root"),
        ("root --format json=root/etc/link", "a part of root"),
    ],
)
def test_reports_that_would_replace_an_input(
    checker: Checker, names: Path, words: str, what: str
) -> None:
    before = {path: path.read_bytes() for path in names.rglob("*") if path.is_file()}
    done = checker("check", *words.split())
    assert (done.code, done.out) == (2, "")
    assert_one_line(done, what)
    assert {path: path.read_bytes() for path in names.rglob("*") if path.is_file()} == before


def test_a_report_that_would_replace_standard_input(names: Path) -> None:
    before = (names / "image.tar").read_bytes()
    done = shell(names, "checker check - --format json=image.tar < image.tar")
    assert (done.code, done.out) == (2, "")
    assert_one_line(done, "an archive to check")
    assert (names / "image.tar").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("check image.tar --no-progress", 0),
        ("check image.tar --as import", 1),
        ("check nothing.tar", 3),
        ("classify image.tar", 0),
        ("rules --format json", 0),
        ("explain ARC003", 0),
        ("explain ARC3", 2),
        ("plugins", 0),
        ("check", 2),
        ("--version", 0),
    ],
)
def test_the_process_does_what_the_function_does(
    checker: Checker, image: Path, words: str, code: int
) -> None:
    assert image.parent == checker.folder
    done = checker.process(*words.split())
    assert done.code == code
    assert done == checker(*words.split())


def test_a_report_that_would_replace_code(tmp_path: Path) -> None:
    alias = tmp_path / "alias.py"
    alias.symlink_to(checker_archive.__file__)
    report = next(report for report in builtin_reports() if report.name == "json")
    for path in (checker_archive.__file__, str(alias)):
        with pytest.raises(OutputError, match="the code of the checker or of a plugin"):
            check_targets([Output(report, path)], ["image.tar"], None)


def test_a_report_beside_the_layout_that_is_checked(checker: Checker, names: Path) -> None:
    for _ in range(2):  # the second time it replaces the first one
        done = checker("check", names / "layout", "--format", f"json={names / 'layout' / 'r.json'}")
        assert done.code in {0, 1}
    assert (names / "layout" / "r.json").read_bytes().startswith(b"{")


def test_an_old_report_is_replaced(checker: Checker, image: Path) -> None:
    target = image.with_name("report.json")
    target.write_bytes(sample("layer"))
    assert checker("check", image, "--format", f"json={target}").code == 0
    assert target.read_bytes().startswith(b"{")


def test_little_memory_for_a_compiled_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lack_room(_argv: object) -> int:
        raise ImportError("zlib.so: failed to map segment from shared object")

    monkeypatch.setattr(process, "_run", lack_room)
    assert process.run([]) == 3
    assert capsys.readouterr().err.startswith("checker: not enough memory")
