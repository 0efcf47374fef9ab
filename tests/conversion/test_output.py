"""A conversion is written whole, or leaves nothing; the exit code says which."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from checker.cli import main
from checker.testing.archive import build
from checker.testing.image import Image, sample_image
from checker.testing.tar import compress, file
from tests.sessions import new_session
from tests.unmeasured import unmeasured

from .converting import FORMS, facts_of

COMMAND = (sys.executable, "-m", "checker", "convert")


def run(
    *words: str | Path, stdin: bytes | None = b"", limit: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process; files that it writes may have ``limit`` bytes."""

    def bound() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [*COMMAND, *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        preexec_fn=bound,
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    path = folder / "in.tar"
    path.write_bytes(build("docker-archive").tar())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "target"
    path.mkdir()
    return path


@pytest.mark.parametrize("form", [form for form in FORMS if form != "oci-layout"])
def test_both_sides_can_be_pipes(form: str, source: Path, folder: Path) -> None:
    data = compress(source.read_bytes(), "gzip")
    done = run("-", "-", "--to", form, stdin=data)
    assert done.returncode == 0, done.stderr
    assert main(["convert", str(source), str(folder / "out"), "--to", form]) == 0
    assert done.stdout == (folder / "out").read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_leaves_nothing(form: str, tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "large.tar"
    image = Image(layers=((file("a", os.urandom(300_000)),),))
    source.write_bytes(build("docker-archive", image).tar())
    done = run(source, folder / "out", "--to", form, limit=100_000)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.count(b"\n") == 1
    assert list(folder.iterdir()) == []


def test_a_device_without_space(source: Path) -> None:
    done = run(source, "/dev/full", "--to", "oci-archive")
    assert done.returncode == 3
    assert b"No space left on device" in done.stderr


def test_a_closed_pipe(source: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, str(source), "-", "--to", "oci-archive"],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("form", FORMS)
def test_a_signal_leaves_nothing(
    form: str, number: int, code: int, source: Path, folder: Path
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "-", str(folder / "out"), "--to", form],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=unmeasured(),
    )
    assert process.stdin is not None
    process.stdin.write(source.read_bytes()[:-512])
    process.stdin.flush()
    _wait_until_it_reads(process.pid)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (code, b"")
    assert list(folder.iterdir()) == []


def _wait_until_it_reads(pid: int) -> None:
    """Wait until the process has a spool, a file that was deleted when it was created."""
    for _ in range(1200):
        if any("(deleted)" in target for target in _targets(Path(f"/proc/{pid}/fd"))):
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError("it does not read")


def _targets(folder: Path) -> list[str]:
    """Where links lead; any of them may go meanwhile."""
    found = []
    for path in folder.iterdir():
        with suppress(OSError):
            found.append(os.readlink(path))
    return found


def _link(source: Path, folder: Path) -> Path:
    path = folder / "link.tar"
    path.symlink_to(source)
    return path


def _hard_link(source: Path, folder: Path) -> Path:
    path = folder / "hard.tar"
    path.hardlink_to(source)
    return path


@pytest.mark.parametrize("make", [lambda source, _: source, _link, _hard_link])
def test_the_source_is_not_replaced(
    make: object, source: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(make)
    before = source.read_bytes()
    target = make(source, folder)
    assert main(["convert", str(source), str(target), "--to", "docker-archive"]) == 2
    assert "this is the archive to convert" in capsys.readouterr().err
    assert source.read_bytes() == before


@pytest.mark.parametrize("name", ["out.tar", "blobs/out.tar", "new"])
def test_what_is_converted_is_not_changed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = tmp_path / "layout"
    build("oci-layout").write_directory(layout)
    before = sorted(layout.rglob("*"))
    form = "oci-layout" if name == "new" else "docker-archive"
    assert main(["convert", str(layout), str(layout / name), "--to", form]) == 2
    assert "this is inside the directory to convert" in capsys.readouterr().err
    assert sorted(layout.rglob("*")) == before


def _full_directory(folder: Path) -> Path:
    folder.joinpath("out").mkdir()
    folder.joinpath("out/file").touch()
    return folder / "out"


def _empty_directory(folder: Path) -> Path:
    folder.joinpath("out").mkdir()
    return folder / "out"


TARGETS: Sequence[tuple[object, str, int, str]] = (
    (_full_directory, "oci-layout", 2, "it exists"),
    (_full_directory, "oci-archive", 2, "this is a directory"),
    (_empty_directory, "oci-archive", 2, "this is a directory"),
    (_empty_directory, "oci-layout", 0, ""),
    (lambda folder: folder / "no/such/out", "oci-layout", 3, "No such file or directory"),
    (lambda folder: folder / "no/such/out", "rootfs", 3, "No such file or directory"),
    (lambda _: "-", "oci-layout", 2, "standard output"),
)


@pytest.mark.parametrize(("make", "form", "code", "said"), TARGETS)
def test_targets(
    make: object,
    form: str,
    code: int,
    said: str,
    source: Path,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert callable(make)
    assert main(["convert", str(source), str(make(folder)), "--to", form]) == code
    assert said in capsys.readouterr().err


def test_a_file_is_replaced_and_keeps_its_mode(source: Path, folder: Path) -> None:
    target = folder / "out.tar"
    target.write_text("old")
    target.chmod(0o640)
    assert main(["convert", str(source), str(target), "--to", "docker-archive"]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert facts_of(new_session().read(target)) == facts_of(new_session().read(source))
    assert list(folder.iterdir()) == [target]


def test_a_new_file_has_the_mode_of_the_umask(source: Path, folder: Path) -> None:
    before = os.umask(0o027)
    try:
        assert main(["convert", str(source), str(folder / "out"), "--to", "rootfs"]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.joinpath("out").stat().st_mode) == 0o640


def test_strict_makes_an_error_of_what_is_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.tar"
    source.write_bytes(build("multi-platform").tar())
    words = ["convert", str(source), str(folder / "out"), "--to", "docker-archive"]
    assert main([*words, "--strict"]) == 1
    assert "--strict: docker-archive cannot hold sample:1" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
    assert main([*words, "--strict", "--platform", "linux/amd64"]) == 0


def test_what_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["convert", str(folder / "none.tar"), str(folder / "out"), "--to", "rootfs"]
    assert main(words) == 3
    assert "none.tar: cannot be read" in capsys.readouterr().err


def test_json_and_the_archive_do_not_share_standard_output(source: Path) -> None:
    assert main(["convert", str(source), "-", "--to", "rootfs", "--json"]) == 2


@pytest.mark.parametrize("text", ["now", "-1", "1e9", "9" * 30])
def test_a_time_that_is_none(
    text: str, source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    assert main(["convert", str(source), str(folder / "out"), "--to", "oci-archive"]) == 2


def test_the_image_with_the_settings_is_not_replaced(
    source: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder / "root.tar"
    root.write_bytes(build("export").tar())
    link = folder / "link.tar"
    os.link(source, link)
    before = source.read_bytes()
    words = ["convert", str(root), str(link), "--to", "docker-archive", "--from-image", str(source)]
    assert main(words) == 2
    assert "this is the archive of --from-image" in capsys.readouterr().err
    assert source.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_directory_is_named(
    form: str, source: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder / "missing" / "out"
    assert main(["convert", str(source), str(target), "--to", form]) == 3
    assert capsys.readouterr().err == f"checker: {folder}/missing: No such file or directory\n"


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_name_is_refused(
    form: str, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(source), "", "--to", form]) == 2
    assert "OUT: the name of a file is missing" in capsys.readouterr().err


TOKEN = "ghp_" + "aB3" * 12


@pytest.mark.parametrize("form", FORMS)
def test_tokens_in_names_are_not_told(
    form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder / "in.tar"
    source.write_bytes(
        build("docker-archive", replace(sample_image(), tags=(f"app:{TOKEN}",))).tar()
    )
    assert main(["convert", str(source), str(folder / "out"), "--to", form]) == 0
    captured = capsys.readouterr()
    assert "***" in captured.out + captured.err
    assert TOKEN not in captured.out + captured.err


CLOSED = {
    ("out", ">&-"): b"checker: standard output: it is closed\n",
    ("out", "--json >&-"): b"checker: standard output: it is closed\n",
    ("-", ">&-"): b"checker: standard output: it is closed\n",
    ("-", ">/dev/full"): b"checker: standard output: No space left on device\n",
    ("/dev/full", ""): b"checker: /dev/full: No space left on device\n",
}


@pytest.mark.parametrize(("target", "rest"), CLOSED)
def test_what_cannot_be_written_is_named(
    target: str, rest: str, source: Path, folder: Path
) -> None:
    words = shlex.join([*COMMAND, str(source), target, "--to", "oci-archive"])
    done = subprocess.run(
        ["sh", "-c", f"{words} {rest}"], capture_output=True, check=False, cwd=folder, timeout=120
    )
    assert (done.returncode, done.stderr) == (3, CLOSED[target, rest])
    assert list(folder.iterdir()) == []
