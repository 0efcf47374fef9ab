"""Progress on a terminal: for reads that take a while, unless it is turned off."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from checker.cli.progress import _PATIENCE, line
from checker.reading.meter import Reached
from checker.testing import build, sample
from checker.testing.cases import Case

# More than a pipe takes before somebody reads.
_FIRST = 1 << 18
_BIT = 512
_PAUSE = 0.02
_SOON, _NEVER = 0, 600
_ERASED = re.compile(r"(?s).*\r\x1b\[K")


class Watched:
    """A command whose standard error is a terminal, and whose input comes in two pieces.

    Args:
        folder: The directory that it runs in.
        words: The command line.
        data: Its standard input.
        environment: Variables of the environment.
        patience: The seconds after which progress is shown, where it is shown at all.
    """

    def __init__(
        self,
        folder: Path,
        words: str,
        data: bytes,
        environment: Mapping[str, str] | None = None,
        patience: float = _SOON,
    ) -> None:
        self._terminal, theirs = pty.openpty()
        self._shown: list[bytes] = []
        self._data = data
        self._given = 0
        self._reader = threading.Thread(target=self._read)
        program = (
            "from checker.cli import progress, start\n"
            f"progress._PATIENCE, progress._INTERVAL = {patience}, 0\n"
            "start()\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *words.split()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            cwd=folder,
            bufsize=0,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **(environment or {})},
        )
        os.close(theirs)
        self._reader.start()

    def begin(self) -> None:
        """Give the first piece, bit by bit, until progress is shown."""
        end = time.monotonic() + 60
        while b"reading standard input" not in b"".join(self._shown) and self._given < _FIRST:
            assert time.monotonic() < end
            self._give(_BIT)
            time.sleep(_PAUSE)

    def end(self) -> tuple[int, str]:
        """Give the rest; the exit code, and what the terminal was sent."""
        self._give(len(self._data))
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.result()

    def _give(self, size: int) -> None:
        assert self.process.stdin is not None
        piece = memoryview(self._data)[self._given : self._given + size]
        self._given += len(piece)
        while piece:
            piece = piece[self.process.stdin.write(piece) :]

    def result(self) -> tuple[int, str]:
        assert self.process.stdin is not None
        code = self.process.wait(60)
        self.process.stdin.close()
        self._reader.join(60)
        os.close(self._terminal)
        return code, b"".join(self._shown).decode()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._terminal, 1 << 16)
            except OSError:  # the process has ended
                return
            self._shown.append(piece)


def on_screen(sent: str) -> str:
    """What remains of one line that is written over and erased."""
    return _ERASED.sub("", sent)


@pytest.fixture(scope="module")
def data() -> bytes:
    table = {"base": "docker-archive", "entries": [{"path": "large", "zeros": 4 * _FIRST}]}
    built = Case("", "", "large", "pass", {}, (), Path(__file__), table).build()
    assert built.data is not None
    return built.data


@pytest.fixture(scope="module")
def root() -> bytes:
    table = {"base": "rootfs", "entries": [{"path": "srv/large", "zeros": 4 * _FIRST}]}
    built = Case("", "", "large", "pass", {}, (), Path(__file__), table).build()
    assert built.data is not None
    return built.data


COMMANDS = (
    "check -",
    "check - --format json",
    "check image.tar - --format text",
    "classify -",
    "show -",
    "compare - image.tar",
    "compare image.tar -",
    "import-plan -",
    "convert - out.tar --to oci-archive",
    "convert - - --to docker-archive",
    "baseline write known.json -",
)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_that_reads_shows_progress(
    tmp_path: Path, data: bytes, root: bytes, words: str
) -> None:
    (tmp_path / "image.tar").write_bytes(sample("docker-archive"))
    watched = Watched(tmp_path, words, root if words == "import-plan -" else data)
    watched.begin()
    _, sent = watched.end()
    assert "reading standard input" in sent
    assert re.search(r"\d+ kB", sent)
    assert "reading" not in on_screen(sent)
    assert "\n" not in sent.partition("reading")[2].partition("\x1b[K")[0]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("convert - out.tar --to oci-archive", "out.tar"),
        ("convert - out --to oci-layout", "out"),
        ("convert - - --to docker-archive", "standard output"),
    ],
)
def test_a_conversion_shows_what_it_writes(
    tmp_path: Path, data: bytes, words: str, name: str
) -> None:
    watched = Watched(tmp_path, words, data)
    _, sent = watched.end()
    shown = [sent.rfind(f"{doing} ") for doing in ("reading standard input", f"writing {name}")]
    assert 0 <= shown[0] < shown[1]
    assert f"checking {name}" in sent
    assert on_screen(sent).strip().splitlines()[1:] == []
    assert "writing" not in on_screen(sent)


@pytest.mark.parametrize("words", COMMANDS)
def test_no_progress_is_shown(tmp_path: Path, data: bytes, root: bytes, words: str) -> None:
    (tmp_path / "image.tar").write_bytes(sample("docker-archive"))
    watched = Watched(
        tmp_path, f"{words} --no-progress", root if words == "import-plan -" else data
    )
    assert "reading" not in watched.end()[1]


@pytest.mark.parametrize("words", ["check -", "convert - out.tar --to oci-archive"])
def test_the_settings_turn_it_off(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "checker.toml").write_text("progress = false\n")
    watched = Watched(tmp_path, words, data)
    assert watched.end() == (0, "")


def test_a_terminal_that_cannot_erase(tmp_path: Path, data: bytes) -> None:
    watched = Watched(tmp_path, "check -", data, {"TERM": "dumb"})
    assert watched.end() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_after_a_signal(
    tmp_path: Path, data: bytes, number: signal.Signals
) -> None:
    watched = Watched(tmp_path, "check -", data)
    watched.begin()
    watched.process.send_signal(number)
    code, sent = watched.result()
    assert code == 128 + number
    assert "reading" in sent
    assert on_screen(sent) == ""


def test_nothing_is_left_after_an_error(tmp_path: Path, data: bytes) -> None:
    watched = Watched(tmp_path, "show - --limit spool=270000", data)
    _, sent = watched.end()
    assert "reading" in sent
    assert "reading" not in on_screen(sent)


def test_it_is_shown_when_a_read_takes_long(tmp_path: Path, data: bytes) -> None:
    began = time.monotonic()
    watched = Watched(tmp_path, "check -", data, patience=_PATIENCE)
    watched.begin()
    assert time.monotonic() - began > _PATIENCE
    assert "reading standard input" in watched.end()[1]


def test_it_is_not_shown_for_short_reads(tmp_path: Path, data: bytes) -> None:
    watched = Watched(tmp_path, "check -", data, patience=_NEVER)
    assert watched.end() == (0, "")


# The line

KNOWN = Reached("dist/app.tar", "blobs/sha256/ab", 250_000_000, 1_000_000_000)


@pytest.mark.parametrize(
    ("reached", "rate", "place", "columns", "shown"),
    [
        (
            KNOWN,
            50e6,
            "",
            100,
            "reading dist/app.tar: blobs/sha256/ab  250 MB of 1 GB (25%), 50 MB/s, 0:15 left",
        ),
        (KNOWN, None, " (2 of 5)", 100, None),
        (KNOWN, 1e5, "", 100, "2:05:00 left"),
        (KNOWN._replace(total=None), 50e6, "", 100, "250 MB, 50 MB/s"),
        (KNOWN._replace(total=0), None, "", 100, "  250 MB"),
        (KNOWN._replace(part=""), None, "", 100, "reading dist/app.tar  250 MB of 1 GB (25%)"),
        (KNOWN._replace(archive="-", part=""), None, "", 100, "reading standard input  250 MB"),
        (KNOWN, None, "", 30, "reading 250 MB of 1 GB (25%)"),
        (KNOWN._replace(archive="a" * 90, part=""), None, "", 60, "aaa...aaa"),
        (KNOWN._replace(done=0), 0.0, "", 100, "0 B of 1 GB (0%), 0 B/s"),
        (KNOWN._replace(done=10**9), 50e6, "", 100, "1 GB of 1 GB (100%), 50 MB/s, 0:00 left"),
        (KNOWN._replace(archive="a\x1b[2Jb", part="\r\n"), None, "", 100, "a\\x1b[2Jb"),
    ],
)
def test_a_line(
    reached: Reached, rate: float | None, place: str, columns: int, shown: str | None
) -> None:
    found = line(reached, rate, place, columns)
    assert (shown or place) in found
    assert len(found) <= columns


@given(
    st.builds(
        Reached,
        st.text(),
        st.text(),
        st.integers(0, 10**20),
        st.none() | st.integers(0, 10**20),
    ),
    st.none() | st.floats(0, 1e20),
    st.sampled_from(["", " (3 of 1000)"]),
    st.integers(20, 300),
)
def test_a_line_fits_and_is_printable(
    reached: Reached, rate: float | None, place: str, columns: int
) -> None:
    found = line(reached, rate, place, columns)
    assert found.isprintable()
    assert cell_len(found) <= columns


def test_a_line_names_the_archive_of_several(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "image.tar").write_bytes(sample("docker-archive"))
    build("rootfs").write_directory(tmp_path / "root")
    watched = Watched(tmp_path, "check image.tar root -", data)
    watched.begin()
    _, sent = watched.end()
    assert "(3 of 3)" in sent
    assert on_screen(sent) == ""
