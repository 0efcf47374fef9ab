"""The names that ``checker`` exports: frozen, lazy, and typed in the wheel."""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import checker
from tests.wheels import build_wheel

EXPORTED = Path(__file__).with_name("exported.txt")
ROOT = Path(__file__).parents[2]

PROGRAM = """
from __future__ import annotations

import io
from pathlib import Path
from typing import assert_type

import checker
from checker import CheckedArchive, Finding, Loadable, Session, Severity

checked = checker.check(Path("image.tar"), fail_on="warning", as_="load", engine=["docker-28:load"])
assert_type(checked, CheckedArchive)
assert_type(checked.loadable, Loadable)
assert_type(checked.findings, tuple[Finding, ...])
assert_type(checked.passes(Severity.WARNING), bool)
with Session({"select": ["OCI"]}) as session:
    checked = session.check(io.BytesIO(b""), name="empty.tar")
    assert_type(session.run(["a.tar", Path("b.tar")]), checker.Run)
"""
WRONG = """
import checker

checker.check(3)
checker.check("image.tar", fail_onn="warning")
checker.classify("image.tar").looadable
checker.chekc
"""


def test_the_exported_names_change_on_purpose_only() -> None:
    assert sorted(checker.__all__) == EXPORTED.read_text("utf-8").split()


@pytest.mark.parametrize("name", checker.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(checker, name)
    assert name in dir(checker)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'chekc'"):
        _ = checker.chekc  # type: ignore[attr-defined]


def test_types_and_values_come_from_the_same_modules() -> None:
    (block,) = (
        node
        for node in ast.parse(inspect.getsource(checker)).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    )
    typed = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == checker._HOMES
    assert sorted(typed) == sorted(checker.__all__)


def test_importing_the_package_imports_nothing_else() -> None:
    script = "import sys, checker; print([n for n in sys.modules if n.startswith('checker.')])"
    assert run(sys.executable, "-c", script).stdout.strip() == "[]"


def test_the_session_does_not_need_the_command_line() -> None:
    script = (
        "import sys, checker; checker.Session; "
        "print([n for n in sys.modules if n.startswith(('checker.cli', 'argparse', 'rich'))])"
    )
    assert run(sys.executable, "-c", script).stdout.strip() == "[]"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel installed, without the sources in reach."""
    if not (ROOT / "checker").is_dir():
        return Path(sys.executable)  # these tests run beside an installed wheel
    base = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(base)
    venv.create(base / "venv", symlinks=True)
    (target,) = (base / "venv" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return base / "venv" / "bin" / "python"


def mypy(installed: Path, program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    folder.joinpath("program.py").write_text(program)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental"]
    command += ["--config-file", "/dev/null", "--python-executable", str(installed)]
    return subprocess.run(
        [*command, "program.py"],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_program_is_checked_against_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = mypy(installed, PROGRAM, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = mypy(installed, WRONG, tmp_path)
    errors = [line for line in wrong.stdout.splitlines() if ": error:" in line]
    kinds = [line.rpartition("[")[2].rstrip("]") for line in errors]
    assert kinds == ["arg-type", "call-arg", "attr-defined", "attr-defined"]
    assert "fail_onn" in errors[1]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True)
