"""The file of kept bytecode: what is imported is always what Python would import without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from checker.cli import bytecode
from checker.testing.archive import sample
from tests.cli.distributions import write_distribution

SCRIPT = "from checker.cli import start\nstart()\n"
LOADED = "# <checker.cli.bytecode._Loader"


class Ran(NamedTuple):
    """A run of the script.

    Attributes:
        output: Standard output.
        loads: What Python tells of imports (``python -v``).
        code: The exit code.
    """

    output: str
    loads: str
    code: int


class Start:
    """A script that runs the checker, with its own directory for bytecode.

    Args:
        folder: Where it all is.
        compiled: A directory for bytecode, of which it has a copy; None to begin with none.
    """

    def __init__(self, folder: Path, compiled: Path | None = None) -> None:
        self.scripts = folder / "scripts"
        self.scripts.mkdir()
        (self.scripts / "run.py").write_text(SCRIPT)
        self.bytecode = folder / "bytecode"
        if compiled is not None:
            shutil.copytree(compiled, self.bytecode)
        self.archive = folder / "app.tar"
        self.archive.write_bytes(sample("docker-archive"))

    def run(self, *arguments: str, **environment: str) -> Ran:
        """Check the archive, or what is given."""
        return self._run(str(self.scripts / "run.py"), arguments, environment)

    def run_module(self) -> Ran:
        """Check the archive with ``python -m checker``."""
        return self._run("-mchecker", (), {})

    def _run(self, how: str, arguments: tuple[str, ...], environment: dict[str, str]) -> Ran:
        given = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.bytecode)}
        done = subprocess.run(
            [sys.executable, "-v", how, *(arguments or ("check", "--no-cache", str(self.archive)))],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.scripts,
            env={**os.environ, **given, **environment},
        )
        return Ran(done.stdout, done.stderr, done.returncode)

    @property
    def file(self) -> Path:
        """The file; it must be there."""
        (found,) = self.bytecode.rglob("modules.*.bin")
        return found

    def is_there(self) -> bool:
        return any(self.bytecode.rglob("modules.*.bin"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Python keeps of the modules itself, so that they need not be compiled in each test."""
    start = Start(tmp_path_factory.mktemp("compiled"))
    start.run()
    start.run("engines")
    start.file.unlink()
    return start.bytecode


@pytest.fixture
def start(tmp_path: Path, compiled: Path) -> Start:
    return Start(tmp_path, compiled)


def test_a_second_run_imports_from_the_file(start: Start) -> None:
    first, second = start.run(), start.run()

    assert (first.code, second.code) == (0, 0)
    assert first.output == second.output
    assert LOADED not in first.loads
    assert f"import 'checker.session' {LOADED}" in second.loads
    assert f"import 'argparse' {LOADED}" in second.loads


def test_the_file_is_written_once(start: Start) -> None:
    start.run()
    before = start.file.stat()
    start.run()

    after = start.file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_another_command_adds_its_modules(start: Start) -> None:
    start.run()
    start.run("engines")

    assert f"import 'checker.catalogue' {LOADED}" in start.run("engines").loads
    assert f"import 'checker.reading.archive' {LOADED}" in start.run().loads


def test_nothing_else_is_left(start: Start) -> None:
    start.run()

    assert [path.name for path in start.file.parent.glob("modules*")] == [start.file.name]


@pytest.mark.parametrize(
    ("kept", "rest"),
    [(0, b""), (0, b"\0\0\0\0"), (7, b""), (16, b"garbage"), (100_000, b""), (-1, b"")],
)
def test_a_damaged_file_is_made_again(start: Start, kept: int, rest: bytes) -> None:
    expected = start.run()
    whole = start.file.read_bytes()
    start.file.write_bytes(whole[:kept] + rest)

    damaged = start.run()

    assert damaged[::2] == expected[::2]
    assert LOADED not in damaged.loads
    assert f"import 'checker.session' {LOADED}" in start.run().loads


def test_of_another_python_nothing_is_used(start: Start) -> None:
    start.run()
    version = sys.version.encode()
    other = version[:-1] + b"?"
    start.file.write_bytes(start.file.read_bytes().replace(version, other))

    assert LOADED not in start.run().loads


def _say(words: str) -> str:
    """The source of a plugin with a command that prints some words."""
    return (
        "from checker import PluginCommand, hookimpl\n\n"
        "def say(arguments):\n"
        f"    print({words!r})\n"
        "    return 0\n\n"
        "@hookimpl\n"
        "def checker_commands():\n"
        "    return [PluginCommand('say', 'say something', lambda parser: None, say)]\n"
    )


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """A directory with a plugin that is on the path of Python."""
    write_distribution(tmp_path / "plugins", "speaker", "speaker", "speaker", _say("one"))
    return tmp_path / "plugins"


def test_a_changed_module_is_imported_again(start: Start, plugins: Path) -> None:
    first = start.run("say", PYTHONPATH=str(plugins))
    again = start.run("say", PYTHONPATH=str(plugins))
    changed = plugins / "speaker.py"
    changed.write_text(_say("two"))  # of the same size
    os.utime(changed, (2_000_000_000, 2_000_000_000))

    assert (first.output, again.output) == ("one\n", "one\n")
    assert f"import 'speaker' {LOADED}" in again.loads
    assert start.run("say", PYTHONPATH=str(plugins)).output == "two\n"


def test_a_module_that_comes_first_now_is_imported(start: Start, plugins: Path) -> None:
    start.run("say", PYTHONPATH=str(plugins))
    (start.scripts / "speaker.py").write_text(_say("two"))

    assert start.run("say", PYTHONPATH=str(plugins)).output == "two\n"


def test_a_module_of_another_directory_is_imported(start: Start, plugins: Path) -> None:
    others = plugins.parent / "others"
    write_distribution(others, "speaker", "speaker", "speaker", _say("two"))
    start.run("say", PYTHONPATH=str(plugins))

    assert start.run("say", PYTHONPATH=str(others)).output == "two\n"


def test_a_plugin_that_is_installed_later_is_found(start: Start, plugins: Path) -> None:
    start.run()

    assert start.run("say", PYTHONPATH=str(plugins)).output == "one\n"


def written(file: Path) -> tuple[int, int, int]:
    """What changes when a file is written, but not when it is read."""
    status = file.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def test_paths_that_differ_change_nothing(start: Start, plugins: Path) -> None:
    start.run()
    start.run("say", PYTHONPATH=str(plugins))
    before = written(start.file)
    runs = [start.run(), start.run("say", PYTHONPATH=str(plugins))]

    assert all(LOADED in run.loads for run in runs)
    assert written(start.file) == before


def test_what_is_installed_elsewhere_changes_nothing(start: Start) -> None:
    start.run()
    (start.scripts / "other.py").write_text("")
    (start.scripts / "notes.txt").write_text("")

    assert LOADED in start.run(PYTHONDONTWRITEBYTECODE="1").loads


def test_a_plugin_that_is_removed_is_gone(start: Start, plugins: Path) -> None:
    start.run("say", PYTHONPATH=str(plugins))
    shutil.rmtree(plugins)

    assert start.run("say", PYTHONPATH=str(plugins)).code == 2


def test_it_is_not_written_where_python_writes_no_bytecode(start: Start) -> None:
    assert start.run(PYTHONDONTWRITEBYTECODE="1").code == 0
    assert not start.is_there()


def test_it_is_read_where_python_writes_no_bytecode(start: Start) -> None:
    start.run()

    assert LOADED in start.run(PYTHONDONTWRITEBYTECODE="1").loads


def test_modules_of_the_working_directory_come_first(start: Start) -> None:
    start.run()

    assert LOADED not in start.run_module().loads


def test_a_place_that_cannot_be_written_is_no_problem(start: Start) -> None:
    start.run()
    file = start.file
    file.unlink()
    file.mkdir()

    done = start.run()

    assert (done.code, done.output) == (0, start.run().output)
    assert [path.name for path in start.file.parent.glob("modules*")] == [start.file.name]


def test_too_little_memory_at_the_end_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has told its result, and must not fail after that."""

    def lack_memory(*_of: object) -> None:
        raise MemoryError

    path = tmp_path / "modules.bin"
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for step in ("_compiled", "_file", "_write"):
        with monkeypatch.context() as patch:
            patch.setattr(bytecode, step, lack_memory)
            modules = bytecode.KeptModules(str(path))
            modules._imported_before = frozenset()
            modules.keep()
    assert not path.exists()
